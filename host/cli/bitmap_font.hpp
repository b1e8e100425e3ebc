// Letters of 5 by 7 dots, for pictures that need no font on the machine.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>

namespace esb::cli {

inline constexpr int glyph_width = 5;
inline constexpr int glyph_height = 7;

// Rows from the top; the lowest five bits are the dots, the leftmost one the highest.
using Glyph = std::array<std::uint8_t, glyph_height>;

// Of a printable ASCII character; a question mark for others.
const Glyph& glyph_of(char c);

}  // namespace esb::cli
