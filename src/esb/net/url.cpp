#include "esb/net/url.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>

namespace esb::net {
namespace {

constexpr std::size_t max_url = 255;
constexpr std::size_t max_host = 253;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool alphanumeric(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9'); }
bool hex_digit(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                      [](char a, char b) { return lower(a) == b; });
}

// RFC 3986 §3.1
bool is_scheme(std::string_view text) {
    if (text.empty() || !alphanumeric(text.front()) || (text.front() >= '0' && text.front() <= '9')) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
}

// A host name or an IPv4 literal; `_` because such names exist in home networks.
bool is_host(std::string_view text) {
    if (text.empty() || text.size() > max_host || !alphanumeric(text.front())) return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

// Path and query, RFC 3986 §3.3 and §3.4.
bool is_target(std::string_view text) {
    constexpr std::string_view others = "/?:@-._~!$&'()*+,;=";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3 || !hex_digit(text[i + 1]) || !hex_digit(text[i + 2])) return false;
            i += 2;
        } else if (!alphanumeric(text[i]) && others.find(text[i]) == std::string_view::npos) {
            return false;
        }
    }
    return text.empty() || text.front() == '/';
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    if (text.size() > max_url) return fail(errors::url_bad);
    constexpr std::string_view separator = "://";
    const auto colon = text.find(separator);
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return fail(errors::url_bad);
    const auto scheme = text.substr(0, colon);
    Url url;
    url.tls = equal_ignoring_case(scheme, "https");
    if (!url.tls && !equal_ignoring_case(scheme, "http")) return fail(errors::url_scheme);
    url.port = url.tls ? 443 : 80;

    const auto rest = text.substr(colon + separator.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    url.target = rest.substr(authority.size());
    const auto port_at = authority.find(':');
    url.host = authority.substr(0, port_at);
    if (!is_host(url.host) || !is_target(url.target)) return fail(errors::url_bad);
    if (port_at == std::string_view::npos) return url;
    const auto port = parse_unsigned(authority.substr(port_at + 1), 1, 65535);
    if (!port) return fail(errors::url_bad);
    url.port = static_cast<std::uint16_t>(*port);
    return url;
}

}  // namespace esb::net
