// Text of others: network names, payloads, topics, host names, what a broker or a web server says, what was typed.
// It reaches a terminal, a page or a log only as this file writes it.
#pragma once

#include "esb/base/fixed.hpp"

#include <cstddef>
#include <string_view>

namespace esb {

// May be shown as it is. What may not: control characters (C0, DEL, C1), format characters (bidirectional overrides,
// zero width, tags), line and paragraph separators, other invisible ones (Unicode's Default_Ignorable_Code_Point),
// noncharacters. They draw on a terminal, turn a line around, or make two texts look the same.
bool is_plain(char32_t character);

// Bytes of the character at the front of `text` when it may be shown as it is; otherwise, and when this is no UTF-8,
// 0. Not of an empty text.
std::size_t plain_character(std::string_view text);
// Well-formed UTF-8 of such characters only.
bool is_plain(std::string_view text);

// The longest front part that stands for itself in both forms below: plain, without quotes and backslashes.
std::string_view plain_run(std::string_view text);

// One character in place of which others are written.
using Escape = FixedString<16>;
// Each takes one character off the front of `text` (not empty) and gives what is written for it.
// Terminal: \xHH for each byte of what is not plain, \\ for a backslash, and with `quotes` \" for a quote: what is
// written can always be turned back, and no text looks like another one's escape.
Escape escape_for_terminal(std::string_view& text, bool quotes);
// JSON: \uXXXX for what is not plain, \" and \\; U+FFFD for a byte that is no UTF-8.
Escape escape_for_json(std::string_view& text);

// Calls put(std::string_view) for the pieces of the text as terminals may get it.
template <typename Put>
void for_terminal(std::string_view text, bool quotes, Put put) {
    while (!text.empty()) {
        const auto run = plain_run(text);
        text.remove_prefix(run.size());
        if (!run.empty()) put(run);
        if (!text.empty()) put(escape_for_terminal(text, quotes).view());
    }
}
// The same for what stands between the quotes of a JSON text.
template <typename Put>
void for_json(std::string_view text, Put put) {
    while (!text.empty()) {
        const auto run = plain_run(text);
        text.remove_prefix(run.size());
        if (!run.empty()) put(run);
        if (!text.empty()) put(escape_for_json(text).view());
    }
}

}  // namespace esb
