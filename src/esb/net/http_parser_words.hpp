// What http_parser's callbacks answer, and its word for a body without a length.
#pragma once

#include <cstdint>
#include <limits>

namespace esb::net {

inline constexpr int go_on = 0;
inline constexpr int skip_body = 1;  // from on_headers_complete
inline constexpr int stop = -1;
inline constexpr std::uint64_t no_length = std::numeric_limits<std::uint64_t>::max();

}  // namespace esb::net
