#include "esb/console/split.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb::console {
namespace {

using Words = std::vector<std::string>;

// The words, or one "error NAME".
Words words_of(std::string_view line) {
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    const auto count = split(line, storage, words);
    if (!count) return {"error " + std::string(count.error().name())};
    return {words.begin(), words.begin() + static_cast<std::ptrdiff_t>(*count)};
}

TEST(Split, spaces_separate_words) {
    EXPECT_EQ(words_of(""), Words{});
    EXPECT_EQ(words_of("   "), Words{});
    EXPECT_EQ(words_of("  wifi   connect x "), (Words{"wifi", "connect", "x"}));
}

TEST(Split, quotes_keep_spaces_and_empty_words) {
    EXPECT_EQ(words_of("a \"b c\" \"\""), (Words{"a", "b c", ""}));
    EXPECT_EQ(words_of("a\"b c\"d"), (Words{"ab cd"}));
    EXPECT_EQ(words_of("\"a\"\"b\""), (Words{"ab"}));
}

TEST(Split, escapes_work_in_quotes_only) {
    EXPECT_EQ(words_of("\"\\\" \\\\ \\x41\\xfF\""), (Words{"\" \\ A\xFF"}));
    EXPECT_EQ(words_of("a\\b \\x41"), (Words{"a\\b", "\\x41"}));
    EXPECT_EQ(words_of("\"\\x00\""), (Words{std::string(1, '\0')}));
}

TEST(Split, one_clear_error_for_each_mistake) {
    for (const auto* open : {"\"", "a \"b", "\"a\\", "\"a\\\"", "a\""}) {
        EXPECT_EQ(words_of(open), Words{"error console.quote"}) << open;
    }
    for (const auto* bad : {"\"\\n\"", "\"\\x\"", "\"\\x4\"", "\"\\x4g\"", "\"\\X41\""}) {
        EXPECT_EQ(words_of(bad), Words{"error console.escape"}) << bad;
    }
    for (const auto* bad : {"a\tb", "a\x1B", "\x7F", "\"\x01\""}) {
        EXPECT_EQ(words_of(bad), Words{"error console.control_byte"}) << bad;
    }
    EXPECT_EQ(words_of(std::string(line_max + 1, 'a')), Words{"error console.line_too_long"});
}

TEST(Split, takes_all_words_and_not_one_more) {
    std::string line;
    for (std::size_t i = 0; i < words_max; ++i) line += "w ";
    EXPECT_EQ(words_of(line).size(), words_max);
    EXPECT_EQ(words_of(line + "w"), Words{"error console.too_many"});
}

TEST(Split, bytes_above_127_are_part_of_words) { EXPECT_EQ(words_of("\xC3\xA4 \xFF"), (Words{"\xC3\xA4", "\xFF"})); }

}  // namespace
}  // namespace esb::console
