// Tells what speaks TLS from what does not, by its first bytes. Knows no library.
#pragma once

#include "esb/base/bytes.hpp"

namespace esb::net {

// False once it is certain that these first bytes of a peer begin no TLS record: the first is a content type, the second
// the major version that all of them have (RFC 8446 §5.1).
constexpr bool may_begin_tls_record(ConstBytes heard) {
    constexpr std::uint8_t first_type = 20, last_type = 23, major = 3;
    const bool type = heard.empty() || (heard[0] >= first_type && heard[0] <= last_type);
    return type && (heard.size() < 2 || heard[1] == major);
}

}  // namespace esb::net
