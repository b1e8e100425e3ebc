// http and https URLs (RFC 3986, the part we accept), what a redirect makes of them, and lists of hosts.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/net/errors.hpp"

#include <cstdint>
#include <string_view>

namespace esb::net {

inline constexpr std::size_t max_url = 2300;  // bytes: a query string of 2,048 fits, and so does the envelope around it
using UrlText = FixedString<max_url>;

// Which rule a text breaks that is url_bad.
enum class UrlRule : std::uint8_t {
    form = 1,    // no scheme and //
    too_long,    // more than max_url bytes
    control,     // a control character
    blank,       // a space
    not_ascii,   // a byte above 0x7F
    user_info,   // name or password before the host
    fragment,    // #...
    ipv6,        // a host in brackets
    empty_host,  // none
    host,        // neither a host name nor an IPv4 address
    port,        // not a number from 1 to 65535
    escape,      // % without two hex digits
    character,   // one that a path or a query cannot have
};

// Views into the parsed text.
struct Url {
    bool tls = false;
    std::string_view host;    // name or IPv4 literal
    std::uint16_t port = 80;  // 443 by default for https
    std::string_view target;  // path and query, begins with '/', or empty (then "/" is meant)
};

// Printable ASCII, no user info, no fragment, no IPv6. A host whose last label is a number in any of the forms that
// some resolvers take (127.1, 0x7f000001, 2130706433) must be four decimal numbers, of an address that another machine
// or this one can have: not 0.x.x.x, not multicast or broadcast. url_bad, url_scheme, url_host.
Result<Url> parse_url(std::string_view text);

// What `reference` (a Location) means at `base`, which it replaces (RFC 3986 §5.2); the reference's own fragment is
// dropped. `base` is one that parse_url takes, and so it is afterwards; after an error its contents are worth nothing.
Status resolve_url(UrlText& base, std::string_view reference);

// Whether a list names a host. It has blanks or commas between its entries: names and addresses as they are, and *.example.com for all names
// below example.com. Letter case and a dot at the end do not matter.
bool is_listed_host(std::string_view list, std::string_view host);

// As a name is compared and as it is asked for by SNI (RFC 6066 §3): without the last dot.
std::string_view without_last_dot(std::string_view host);

}  // namespace esb::net
