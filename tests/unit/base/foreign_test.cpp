#include "esb/base/foreign.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "support/hostile_texts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <set>
#include <string>

namespace esb {
namespace {

std::string on_terminal(std::string_view text, bool quotes) {
    std::string out;
    for_terminal(text, quotes, [&out](std::string_view piece) { out += piece; });
    return out;
}
std::string in_json(std::string_view text) {
    std::string out;
    for_json(text, [&out](std::string_view piece) { out += piece; });
    return out;
}

// What stands on a terminal, turned back.
std::string turned_back(std::string_view shown) {
    std::string text;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (shown[i] != '\\') {
            text += shown[i];
        } else if (shown[++i] == 'x') {
            std::uint8_t byte = 0;
            EXPECT_TRUE(hex_decode(shown.substr(i + 1, 2), {&byte, 1}));
            text += static_cast<char>(byte);
            i += 2;
        } else {
            text += shown[i];
        }
    }
    return text;
}

std::string utf8(std::uint32_t code) {
    if (code < 0x80) return {static_cast<char>(code)};
    std::string text;
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr int leads[] = {0, 0xC0, 0xE0, 0xF0};
    text += static_cast<char>(leads[more] | static_cast<int>(code >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
    return text;
}

TEST(Foreign, nothing_that_draws_turns_or_hides_is_left) {
    for (const auto& text : test::hostile_texts()) {
        for (const auto& shown : {on_terminal(text, false), on_terminal(text, true), in_json(text)}) {
            EXPECT_EQ(test::unsafe_in(shown), "") << shown;
            EXPECT_EQ(shown.find('\n'), std::string::npos);
        }
        EXPECT_EQ(turned_back(on_terminal(text, true)), text);
        EXPECT_EQ(turned_back(on_terminal(text, false)), text);
    }
    EXPECT_EQ(on_terminal("\xE2\x80\xAEx\\", false), "\\xe2\\x80\\xaex\\\\");
    EXPECT_EQ(on_terminal("a\"b", false), "a\"b");
    EXPECT_EQ(on_terminal("a\"b", true), "a\\\"b");
    EXPECT_EQ(in_json("\xF3\xA0\x80\x81\x1B\xC2\x9B\"\\"), "\\udb40\\udc01\\u001b\\u009b\\\"\\\\");
}

TEST(Foreign, every_character_is_shown_or_escaped_and_never_both) {
    std::size_t shown = 0;
    std::size_t escaped = 0;
    for (std::uint32_t code = 1; code <= 0x10FFFF; ++code) {
        const auto text = utf8(code);
        const auto terminal = on_terminal(text, false);
        ASSERT_EQ(test::unsafe_in(terminal), "") << code;
        ASSERT_EQ(terminal.find('\n'), std::string::npos);
        ASSERT_EQ(turned_back(terminal), text) << code;
        ++(terminal == text ? shown : escaped);
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        // JSON: another library's reader finds the same text in it.
        const auto json = "{\"t\":\"" + in_json(text) + "\"}";
        ASSERT_EQ(test::unsafe_in(json), "") << code;
        if (code % 97 != 0 && terminal == text) continue;
        const auto document = JsonDocument::parse(as_bytes(json));
        ASSERT_TRUE(document) << code;
        ASSERT_EQ(*document->root()["t"].text(), text) << code;
    }
    std::cout << shown << " characters shown, " << escaped << " escaped\n";
    EXPECT_GT(escaped, 6000U);
    EXPECT_LT(escaped, 8000U);
}

TEST(Foreign, every_pair_of_bytes_comes_back) {
    std::set<std::string> all;
    for (int a = 0; a < 256; ++a) {
        for (int b = 0; b < 256; ++b) {
            const std::string text{static_cast<char>(a), static_cast<char>(b)};
            const auto shown = on_terminal(text, true);
            ASSERT_EQ(turned_back(shown), text);
            ASSERT_EQ(test::unsafe_in(shown), "");
            all.insert(shown);
        }
    }
    EXPECT_EQ(all.size(), 65536U) << "two texts look the same";
}

TEST(Foreign, words_of_many_languages_are_left_as_they_are) {
    for (const std::string text : {"Größe", "Привет", "日本語", "한국어", "שלום", "مرحبا", "😀", "naïve café"}) {
        EXPECT_EQ(on_terminal(text, true), text);
        EXPECT_EQ(in_json(text), text);
        EXPECT_TRUE(is_plain(text));
    }
}

}  // namespace
}  // namespace esb
