// http and https URLs (RFC 3986, the part we accept).
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind url_bad{"url.bad", "this is not a URL"};
inline constexpr ErrorKind url_scheme{"url.scheme", "only http and https URLs are possible"};
}  // namespace esb::errors

namespace esb::net {

// Views into the parsed text.
struct Url {
    bool tls = false;
    std::string_view host;    // name or IPv4 literal
    std::uint16_t port = 80;  // 443 by default for https
    std::string_view target;  // path and query, begins with '/', or empty (then "/" is meant)
};

// At most 255 bytes, printable ASCII, no user info, no fragment, no control bytes or spaces.
Result<Url> parse_url(std::string_view text);

}  // namespace esb::net
