// What a byte of a line is to the editor.
#pragma once

namespace esb::console {

inline constexpr char escape = 0x1B;
inline constexpr char backspace = 0x08;
inline constexpr char del = 0x7F;

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == del; }
// A byte of a UTF-8 character that is not its first.
constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace esb::console
