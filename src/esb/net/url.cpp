#include "esb/net/url.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/chip/network.hpp"

#include <algorithm>
#include <optional>

namespace esb::net {
namespace {

constexpr std::string_view separator = "://";
constexpr std::string_view list_separators = " ,";

std::unexpected<Error> bad(UrlRule rule) { return fail(errors::url_bad, static_cast<std::int32_t>(rule)); }

// RFC 3986 §3.1
bool is_scheme(std::string_view text) {
    if (text.empty() || !is_letter(text.front())) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
}

Status check_characters(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == ' ') return bad(UrlRule::blank);
        if (byte < ' ' || byte == 0x7F) return bad(UrlRule::control);
        if (byte > 0x7F) return bad(UrlRule::not_ascii);
    }
    return {};
}

// As the URL standard of browsers asks it: such a host is an address or nothing.
bool ends_in_number(std::string_view host) {
    host = without_last_dot(host);
    const auto label = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
    if (label.empty()) return false;
    if (std::all_of(label.begin(), label.end(), is_digit)) return true;
    return label.size() >= 2 && label[0] == '0' && ascii_lower(label[1]) == 'x' &&
           std::all_of(label.begin() + 2, label.end(), is_hex_digit);
}

// Four decimal numbers without leading zeros, of an address that a machine can have.
bool is_usable_ipv4(std::string_view host) {
    for (std::size_t i = 0; i + 1 < host.size(); ++i) {
        const bool begins = i == 0 || host[i - 1] == '.';
        if (begins && host[i] == '0' && is_digit(host[i + 1])) return false;
    }
    const auto address = chip::parse_ipv4(host);
    return address && address->bytes[0] != 0 && address->bytes[0] < 224;
}

// A host name or an IPv4 literal; `_` because such names exist in home networks.
Status check_host(std::string_view text) {
    if (text.empty()) return bad(UrlRule::empty_host);
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
    const bool shaped = text.size() <= chip::max_host_name && is_alphanumeric(text.front()) &&
                        text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), allowed);
    if (!shaped) return bad(UrlRule::host);
    if (ends_in_number(text) && !is_usable_ipv4(text)) return fail(errors::url_host);
    return {};
}

// Path and query, RFC 3986 §3.3 and §3.4.
Status check_target(std::string_view text) {
    constexpr std::string_view others = "/?:@-._~!$&'()*+,;=";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const bool whole = text.size() - i >= 3 && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2]);
            if (!whole) return bad(UrlRule::escape);
            i += 2;
        } else if (!is_alphanumeric(text[i]) && others.find(text[i]) == std::string_view::npos) {
            return bad(UrlRule::character);
        }
    }
    return text.empty() || text.front() == '/' ? Status() : bad(UrlRule::form);
}

// Scheme, "://" and authority: where the path begins.
std::size_t origin_size(std::string_view url) {
    const auto end = url.find_first_of("/?", url.find(separator) + separator.size());
    return std::min(end, url.size());
}

bool has_scheme(std::string_view reference) {
    const auto end = reference.find_first_of(":/?");
    return end != std::string_view::npos && reference[end] == ':' && is_scheme(reference.substr(0, end));
}

// RFC 3986 §5.2.4, for a path that begins with '/'.
Status remove_dot_segments(UrlText& url) {
    const UrlText given = url;
    const auto text = given.view();
    const std::size_t origin = origin_size(text);
    const std::size_t query = std::min(text.find('?', origin), text.size());
    url.truncate(origin);
    for (std::size_t at = origin; at < query;) {
        const std::size_t next = std::min(text.find('/', at + 1), query);
        const auto segment = text.substr(at, next - at);  // with the '/' before it
        const bool up = segment == "/..";
        if (up) url.truncate(std::max(origin, url.view().rfind('/')));
        if (!up && segment != "/.") ESB_TRY(url.append(segment));
        if ((up || segment == "/.") && next == query) ESB_TRY(url.append('/'));
        at = next;
    }
    return url.append(text.substr(query));
}

// Calls `use` with each entry of a list until it answers true; whether it did.
template <typename Use>
bool any_listed(std::string_view list, const Use& use) {
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(list_separators), list.size());
        if (end > 0 && use(list.substr(0, end))) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace

std::string_view without_last_dot(std::string_view host) {
    if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
    return host;
}

Result<Url> parse_url(std::string_view text) {
    if (text.size() > max_url) return bad(UrlRule::too_long);
    ESB_TRY(check_characters(text));
    const auto colon = text.find(separator);
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return bad(UrlRule::form);
    const auto scheme = text.substr(0, colon);
    Url url;
    url.tls = equal_ignoring_case(scheme, "https");
    if (!url.tls && !equal_ignoring_case(scheme, "http")) return fail(errors::url_scheme);
    url.port = url.tls ? 443 : 80;

    const auto rest = text.substr(colon + separator.size());
    if (rest.find('#') != std::string_view::npos) return bad(UrlRule::fragment);
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) return bad(UrlRule::user_info);
    if (authority.starts_with('[')) return bad(UrlRule::ipv6);
    url.target = rest.substr(authority.size());
    const auto port_at = authority.find(':');
    url.host = authority.substr(0, port_at);
    ESB_TRY(check_host(url.host));
    if (port_at != std::string_view::npos) {
        const auto port = parse_unsigned(authority.substr(port_at + 1), 1, 65535);
        if (!port) return bad(UrlRule::port);
        url.port = static_cast<std::uint16_t>(*port);
    }
    ESB_TRY(check_target(url.target));
    return url;
}

Status resolve_url(UrlText& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    const auto text = base.view();
    const std::size_t origin = origin_size(text);
    const std::size_t query = std::min(text.find('?', origin), text.size());
    std::size_t kept = text.size();  // of an empty reference: the same document
    bool needs_slash = false;
    if (has_scheme(reference)) {
        kept = 0;
    } else if (reference.starts_with("//")) {
        kept = text.find(':') + 1;
    } else if (reference.starts_with('/')) {
        kept = origin;
    } else if (!reference.empty()) {
        kept = reference.starts_with('?') ? query : std::max(origin, text.rfind('/', query) + 1);
        needs_slash = kept == origin;  // a base without a path
    }
    base.truncate(kept);
    if ((needs_slash && !base.append('/')) || !base.append(reference)) return bad(UrlRule::too_long);
    if (const auto parsed = parse_url(base); !parsed) return fail(parsed.error());
    return remove_dot_segments(base);
}

bool is_listed_host(std::string_view list, std::string_view host) {
    host = without_last_dot(host);
    return any_listed(list, [host](std::string_view entry) {
        entry = without_last_dot(entry);
        if (!entry.starts_with("*.")) return equal_ignoring_case(entry, host);
        entry.remove_prefix(1);  // ".example.com"
        return host.size() > entry.size() && equal_ignoring_case(host.substr(host.size() - entry.size()), entry);
    });
}

}  // namespace esb::net
