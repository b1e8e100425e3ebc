// ASCII, whatever the locale.
#pragma once

#include <string_view>

namespace esb {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }

bool equal_ignoring_case(std::string_view a, std::string_view b);

// Without spaces and tabs at both ends (RFC 9110 §5.6.3).
std::string_view trim_blanks(std::string_view text);

}  // namespace esb
