// The head of a reply, with the headers that keep browsers from doing more than they should.
#pragma once

#include "esb/net/http_site.hpp"

namespace esb::net {

// What every reply carries: no caches, no sniffing, no referrer, no frames, nothing but the site's own scripts, styles
// and pictures, nothing inline; and, by their absence, no CORS and no cookies.
inline constexpr std::string_view http_security_headers =
    "Connection: close\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

// Writes it into `out`; a part of it. A reply whose own texts do not fit (together about 150 bytes do) becomes a bare
// 500. `chunked` is for a generated body.
ConstBytes write_http_head(const HttpReply& reply, bool chunked, MutBytes out);

}  // namespace esb::net
