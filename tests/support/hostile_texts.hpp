// Texts of others that want to draw on a terminal, turn a line around, or look like another text; and a judge of what
// was printed that shares nothing with the escaping function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::test {

inline const std::vector<std::string>& hostile_texts() {
    static const std::vector<std::string> texts = {
        "a\x1B[2Jb",      // C0
        "a\rb\nc\td\be",  // C0 that move the cursor
        "a\x7F",          // DEL
        "a\xC2\x9B"
        "2J\xC2\x85",  // C1: CSI, NEL
        "\x9B"
        "2J\x84",  // C1 as 8-bit bytes, no UTF-8
        "\xE2\x80\xAE"
        "exe.gpj",                                                    // U+202E
        "\xE2\x81\xA6x\xE2\x81\xA9\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C",  // isolates, marks
        "H\xE2\x80\x8Bome\xE2\x80\x8D\xE2\x81\xA0\xEF\xBB\xBF",       // zero width
        "H\xC2\xADome\xE1\xA0\x8E\xCD\x8F",                           // soft hyphen, U+180E, U+034F
        "a\xE2\x80\xA8"
        "b\xE2\x80\xA9"
        "c",                                                // U+2028, U+2029
        "\xF3\xA0\x80\x81\xF3\xA0\x81\xA1tag\xEF\xB8\x8F",  // tags, a variation selector
        "\xEF\xBF\xB9"
        "a\xEF\xBF\xBB\xEF\xBF\xBE",     // interlinear, a noncharacter
        "\xED\xA0\xBD\xED\xB8\x80",      // surrogates (CESU-8)
        "\xC0\x9B\xE0\x80\x9B\xC1\xBF",  // overlong
        "ok\\x1b[2J\\\"",                // looks like an escape
        "\" (tls.ok), next try",         // looks like our words
    };
    return texts;
}

// What is wrong with the bytes of a printed text; empty if nothing. Line ends may stand in it.
inline std::string unsafe_in(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[i]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (size == 0 || i + size > text.size()) return "no UTF-8 at " + std::to_string(i);
        std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t k = 1; k < size; ++k) {
            const auto next = static_cast<std::uint8_t>(text[i + k]);
            if ((next & 0xC0) != 0x80) return "no UTF-8 at " + std::to_string(i);
            code = code * 64 + (next & 0x3F);
        }
        const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        const auto in = [code](std::uint32_t low, std::uint32_t high) { return code >= low && code <= high; };
        const bool bad = code < least[size] || (code < 0x20 && code != '\n' && code != '\r') || in(0x7F, 0x9F) ||
                         code == 0xAD || code == 0x34F || code == 0x61C || code == 0x180E || in(0x200B, 0x200F) ||
                         in(0x2028, 0x202E) || in(0x2060, 0x206F) || in(0xD800, 0xDFFF) || in(0xFDD0, 0xFDEF) ||
                         in(0xFE00, 0xFE0F) || code == 0xFEFF || in(0xFFF9, 0xFFFB) || (code & 0xFFFE) == 0xFFFE ||
                         in(0xE0000, 0xE0FFF) || code > 0x10FFFF;
        if (bad) return "character " + std::to_string(code) + " at " + std::to_string(i);
        i += size;
    }
    return {};
}

}  // namespace esb::test
