#include "esb/console/paste.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::console {
namespace {

using PasteEvent = Paste::Event;

// What the text was when a dot ended it; its error's name when it had one.
std::string given(const std::string& bytes) {
    Paste paste;
    EXPECT_TRUE(paste.begin());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto event = paste.take(bytes[i]);
        if (event == PasteEvent::given_up) return "given up";
        if (event == PasteEvent::none) continue;
        EXPECT_EQ(i + 1, bytes.size());
        const auto text = paste.text();
        return text ? std::string(*text) : std::string(text.error().name());
    }
    return "not ended";
}

TEST(Paste, ends_with_a_line_that_is_only_a_dot_whatever_ends_lines) {
    EXPECT_EQ(given("a\nb\n.\n"), "a\nb\n");
    EXPECT_EQ(given("a\r\nb\r\n.\r"), "a\nb\n");
    EXPECT_EQ(given("a\rb\r.\r"), "a\nb\n");
    EXPECT_EQ(given(".\n"), "");
    EXPECT_EQ(given("a.\n..\n .\n. \n"), "not ended");
    EXPECT_EQ(given("\n\n.\n"), "\n\n");
}

TEST(Paste, may_be_given_up) {
    EXPECT_EQ(given("abc\x03"), "given up");
    EXPECT_EQ(given("a\n\x1B"), "given up");
}

TEST(Paste, a_text_that_is_too_long_is_passed_over_whole) {
    const std::string line(63, 'x');
    std::string text;
    for (int i = 0; i < 63; ++i) text += line + "\n";
    EXPECT_EQ(given(text + ".\n"), text);
    for (int i = 0; i < 100; ++i) text += line + "\n";
    EXPECT_EQ(given(text + ".\n"), "too_long");
    EXPECT_EQ(given(std::string(100'000, 'y') + "\n.\n"), "too_long");
    EXPECT_EQ(given(std::string(Paste::most, 'y') + ".\n"), "not ended") << "the dot is not alone in its line";
}

TEST(Paste, one_at_a_time) {
    Paste paste;
    EXPECT_FALSE(paste.active());
    ASSERT_TRUE(paste.begin());
    EXPECT_EQ(paste.begin().error(), errors::busy);
    paste.end();
    EXPECT_TRUE(paste.begin());
}

}  // namespace
}  // namespace esb::console
