#include "esb/base/file_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

TEST(FileText, what_editors_and_shells_put_around_a_text) {
    const std::string mark(byte_order_mark);
    for (const auto& front : {std::string(), mark, "\n" + mark, mark + "\r\n", mark + mark, std::string(" \t")}) {
        for (const std::string back : {"", "\n", "\r\n", "\r", " \n\n", "\t"}) {
            EXPECT_EQ(bare_text(front + "a.b.c" + back), "a.b.c");
            EXPECT_EQ(bare_text(front + "a \r\n " + mark + "b" + back), "a \r\n " + mark + "b") << "inside";
        }
    }
    for (const auto& nothing : {std::string(), mark, mark + " \r\n", std::string("\n")})
        EXPECT_EQ(bare_text(nothing), "");
    EXPECT_EQ(bare_text("\xEF\xBB"), "\xEF\xBB") << "half a mark is none";
}

TEST(FileText, the_mark_alone_is_taken_off_a_password) {
    EXPECT_EQ(without_mark("\xEF\xBB\xBF pass \n"), " pass \n");
    EXPECT_EQ(without_mark("pass\xEF\xBB\xBF"), "pass\xEF\xBB\xBF");
}

TEST(FileText, utf_16_is_known_by_its_mark) {
    EXPECT_TRUE(
        is_utf16(std::string("\xFF\xFE"
                             "a\0",
                             4)));
    EXPECT_TRUE(is_utf16("\xFE\xFF"));
    for (const auto* text : {"", "\xFF", "a", "\xEF\xBB\xBF"}) EXPECT_FALSE(is_utf16(text));
}

}  // namespace
}  // namespace esb
