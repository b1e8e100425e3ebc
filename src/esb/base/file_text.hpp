// Text that was in a file on its way here: editors, shells and copying put marks around it.
#pragma once

#include <string_view>

namespace esb {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Without byte order marks in front; what the white space around it means is for the caller to say (a password).
std::string_view without_mark(std::string_view text);
// Without byte order marks in front and without spaces, tabs and line ends at both ends. What lies in between stays.
std::string_view bare_text(std::string_view text);
// UTF-16, as some shells write it by default: begins with its own mark.
bool is_utf16(std::string_view text);

}  // namespace esb
