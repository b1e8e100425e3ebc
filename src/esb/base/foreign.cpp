#include "esb/base/foreign.hpp"

#include "esb/base/bytes.hpp"
#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace esb {
namespace {

struct Range {
    std::uint16_t first, last;
};
// Of the Basic Multilingual Plane above ASCII. Unicode 15: general categories Cc, Cf, Zl, Zp; Default_Ignorable_Code_Point;
// noncharacters. tests/unit/base/foreign_test.cpp has them from Unicode's own files.
constexpr Range hidden[] = {
    {0x0080, 0x009F}, {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x0600, 0x0605}, {0x061C, 0x061C}, {0x06DD, 0x06DD},
    {0x070F, 0x070F}, {0x0890, 0x0891}, {0x08E2, 0x08E2}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},
    {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xD800, 0xDFFF}, {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF},
};
// Of plane 1.
constexpr Range hidden_above[] = {
    {0x10BD, 0x10BD}, {0x10CD, 0x10CD}, {0x3430, 0x343F}, {0xBCA0, 0xBCA3}, {0xD173, 0xD17A}, {0xFFFE, 0xFFFF},
};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t character) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [character](const Range& r) { return character >= r.first && character <= r.last; });
}

// Of a whole, well-formed sequence.
char32_t decode(std::string_view sequence) {
    const auto first = static_cast<std::uint8_t>(sequence.front());
    if (sequence.size() == 1) return first;
    char32_t character = first & (0x7FU >> sequence.size());
    for (const char byte : sequence.substr(1)) character = character << 6 | (static_cast<std::uint8_t>(byte) & 0x3FU);
    return character;
}

void add(Escape& to, std::string_view piece) { static_cast<void>(to.append(piece)); }

void add_hex(Escape& to, std::string_view mark, ConstBytes bytes) {
    std::array<char, 4> digits;
    add(to, mark);
    add(to, hex_encode(bytes, digits).value_or(std::string_view()));
}

void add_unit(Escape& to, char32_t unit) {
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(unit >> 8), static_cast<std::uint8_t>(unit)};
    add_hex(to, "\\u", bytes);
}

}  // namespace

bool is_plain(char32_t character) {
    if (character < 0x80) return character >= 0x20 && character != 0x7F;
    if (character < 0x10000) return !is_in(hidden, character);
    if (character < 0x20000) return !is_in(hidden_above, character & 0xFFFF);
    // Tags and the variation selectors of plane 14, with what is kept for more of them.
    return !(character >= 0xE0000 && character <= 0xE0FFF) && (character & 0xFFFE) != 0xFFFE;
}

std::size_t plain_character(std::string_view text) {
    const auto size = utf8_size(text);
    return size > 0 && is_plain(decode(text.substr(0, size))) ? size : 0;
}

bool is_plain(std::string_view text) {
    while (!text.empty()) {
        const auto size = plain_character(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string_view plain_run(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && text[at] != '"' && text[at] != '\\') {
        const auto size = plain_character(text.substr(at));
        if (size == 0) break;
        at += size;
    }
    return text.substr(0, at);
}

Escape escape_for_terminal(std::string_view& text, bool quotes) {
    Escape escape;
    const char first = text.front();
    // The whole character, so that what is left of it is not taken for another one.
    const auto size = std::max<std::size_t>(utf8_size(text), 1);
    if (first == '\\' || (quotes && first == '"')) add(escape, "\\");
    if (plain_character(text) > 0) {
        add(escape, text.substr(0, size));
    } else {
        for (const auto& byte : as_bytes(text.substr(0, size))) add_hex(escape, "\\x", {&byte, 1});
    }
    text.remove_prefix(size);
    return escape;
}

Escape escape_for_json(std::string_view& text) {
    Escape escape;
    const auto size = utf8_size(text);
    const auto sequence = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(sequence.size());
    if (size == 0) {
        add(escape, "\xEF\xBF\xBD");
        return escape;
    }
    if (sequence == "\"" || sequence == "\\") add(escape, "\\");
    if (plain_character(sequence) > 0) {
        add(escape, sequence);
        return escape;
    }
    const auto character = decode(sequence);
    if (character < 0x10000) {
        add_unit(escape, character);
        return escape;
    }
    add_unit(escape, 0xD7C0 + (character >> 10));  // RFC 8259 §7: two halves
    add_unit(escape, 0xDC00 | (character & 0x3FF));
    return escape;
}

}  // namespace esb
