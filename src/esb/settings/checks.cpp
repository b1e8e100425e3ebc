#include "esb/settings/checks.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/local_time.hpp"
#include "esb/settings/errors.hpp"

#include <algorithm>
#include <string_view>

namespace esb::settings::checks {
namespace {

bool is_printable(char c) { return c >= 0x20 && c <= 0x7E; }
bool is_label_character(char c) { return is_alphanumeric(c) || c == '_'; }

// One part of a host name between dots (RFC 1123 §2.1, with the underscore that local names have).
bool is_label(std::string_view label) {
    const auto allowed = [](char c) { return is_label_character(c) || c == '-'; };
    return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), allowed) &&
           label.front() != '-' && label.back() != '-';
}

// Ones, then zeros; at least two addresses beside the network's and the broadcast's.
bool is_mask(std::uint32_t mask) {
    const std::uint32_t zeros = ~mask;
    return mask != 0 && zeros >= 3 && (zeros & (zeros + 1)) == 0;
}

}  // namespace

Status host(ConstBytes value) {
    const auto name = as_text(value);
    if (with_ipv6 && chip::parse_ipv6(name)) return {};
    std::string_view rest = name;
    std::string_view label;
    while (true) {
        const auto dot = rest.find('.');
        label = rest.substr(0, dot);
        if (!is_label(label)) return fail(errors::setting_format);
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    // A name that ends in a number is meant as an address, and must be one.
    const bool numeric = std::all_of(label.begin(), label.end(), is_digit);
    if (numeric && !chip::parse_ipv4(name)) return fail(errors::setting_format);
    return {};
}

// Hosts with blanks or commas between them; *.example.com stands for all names below example.com.
Status host_list(ConstBytes value) {
    auto rest = as_text(value);
    while (!rest.empty()) {
        auto entry = rest.substr(0, rest.find_first_of(" ,"));
        rest.remove_prefix(entry.size() < rest.size() ? entry.size() + 1 : entry.size());
        if (entry.empty()) continue;  // two separators in a row
        if (entry.starts_with("*.")) entry.remove_prefix(2);
        if (entry.empty()) return fail(errors::setting_format);
        ESB_TRY(host(as_bytes(entry)));
    }
    return {};
}

// IEEE 802.11-2020 annex J.4: a passphrase of 8 to 63 characters, or the 256-bit key itself.
Status station_pass(ConstBytes value) {
    const auto pass = as_text(value);
    if (pass.size() < 8) return fail(errors::setting_length);
    if (pass.size() == 64 && !std::all_of(pass.begin(), pass.end(), is_hex_digit)) return fail(errors::setting_format);
    return {};
}

Status access_point_pass(ConstBytes value) {
    const auto pass = as_text(value);
    if (pass.size() < 8) return fail(errors::setting_length);
    if (!std::all_of(pass.begin(), pass.end(), is_printable)) return fail(errors::setting_format);
    return {};
}

// An address that a host may have (RFC 6890): not "this network", loopback, multicast, class E or the broadcast to all.
Status unicast(ConstBytes value) {
    const auto address = chip::parse_ipv4(as_text(value));
    if (!address) return fail(errors::setting_format);
    const auto first = address->bytes[0];
    if (first == 0 || first == 127 || first >= 224) return fail(errors::setting_host_address);
    return {};
}

// A host in a network of 256: not the network's own address nor its broadcast, and nothing that hosts refuse.
Status page_address(ConstBytes value) {
    ESB_TRY(unicast(value));
    const auto last = chip::parse_ipv4(as_text(value))->bytes[3];
    if (last == 0 || last == 255) return fail(errors::setting_host_address);
    return {};
}

Status identity(ConstBytes value) {
    ESB_TRY(make_identity(as_text(value)));
    return {};
}

// Fewer than 16 bytes could be guessed; more than 32 is what neither Debian's nor ESP-IDF's Mbed TLS can use, and
// is refused here rather than at every connection (RFC 4279 §5.3 would allow 64).
Status psk(ConstBytes value) {
    if (value.size() < 16) return fail(errors::setting_length);
    const bool zeros = std::all_of(value.begin(), value.end(), [](std::uint8_t byte) { return byte == 0; });
    return zeros ? Status(fail(errors::setting_format)) : Status();  // a key that somebody has lost
}

// ISO 3166-1 alpha-2.
Status country(ConstBytes value) {
    const auto upper = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
    if (value.size() != 2 || !std::all_of(value.begin(), value.end(), upper)) return fail(errors::setting_format);
    return {};
}

// As DHCP's option 12 tells it to the router: one label.
Status own_name(ConstBytes value) {
    if (!is_label(as_text(value)) || as_text(value).find('_') != std::string_view::npos) {
        return fail(errors::setting_format);
    }
    return {};
}

Status mask(ConstBytes value) {
    const auto address = chip::parse_ipv4(as_text(value));
    if (!address || !is_mask(ipv4_number(*address))) return fail(errors::setting_format);
    return {};
}

// Levels of the letters that identities have, with a / between them.
Status base_topic(ConstBytes value) {
    const auto base = as_text(value);
    const auto allowed = [](char c) { return is_label_character(c) || c == '-' || c == '/'; };
    const bool gaps = base.starts_with('/') || base.ends_with('/') || base.find("//") != std::string_view::npos;
    if (gaps || !std::all_of(base.begin(), base.end(), allowed)) return fail(errors::setting_format);
    return {};
}

// "x.y", two base64url coordinates of 43 characters. Whether that is a point of the curve is found when it is used.
Status update_key(ConstBytes value) {
    const auto key = as_text(value);
    const auto allowed = [](char c) { return is_label_character(c) || c == '-'; };
    const bool shaped = key.size() == 87 && key[43] == '.';
    if (!shaped || std::count_if(key.begin(), key.end(), allowed) != 86) return fail(errors::setting_format);
    return {};
}

// https://host or https://host:port, nothing behind it.
Status https_server(ConstBytes value) {
    constexpr std::string_view scheme = "https://";
    const auto text = as_text(value);
    if (!text.starts_with(scheme)) return fail(errors::setting_format);
    auto name = text.substr(scheme.size());
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
        if (!parse_unsigned(name.substr(colon + 1), 1, 65535)) return fail(errors::setting_format);
        name = name.substr(0, colon);
    }
    return host(as_bytes(name));
}

// Hours of the day.
Status window(ConstBytes value) {
    return DailyWindow::parse(as_text(value)) ? Status() : Status(fail(errors::setting_format));
}

// POSIX's TZ.
Status time_zone(ConstBytes value) {
    return TimeZone::parse(as_text(value)) ? Status() : Status(fail(errors::setting_format));
}

// SHA-256.
Status hash(ConstBytes value) { return value.size() == 32 ? Status() : Status(fail(errors::setting_length)); }

}  // namespace esb::settings::checks
