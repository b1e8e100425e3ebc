// The settings of the base itself.
#include "esb/base/identity.hpp"
#include "esb/chip/network.hpp"
#include "esb/settings/schema.hpp"

#include <algorithm>

namespace esb::settings {
namespace {

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_printable(char c) { return c >= 0x20 && c <= 0x7E; }
bool is_label_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// One part of a host name between dots (RFC 1123 §2.1, with the underscore that local names have).
bool is_label(std::string_view label) {
    const auto allowed = [](char c) { return is_label_character(c) || c == '-'; };
    return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), allowed) &&
           label.front() != '-' && label.back() != '-';
}

Status check_host(ConstBytes value) {
    const auto host = as_text(value);
    std::string_view rest = host;
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
    if (numeric && !chip::parse_ipv4(host)) return fail(errors::setting_format);
    return {};
}

// IEEE 802.11-2020 annex J.4: a passphrase of 8 to 63 characters, or the 256-bit key itself.
Status check_station_pass(ConstBytes value) {
    const auto pass = as_text(value);
    if (pass.size() < 8) return fail(errors::setting_length);
    if (pass.size() == 64 && !std::all_of(pass.begin(), pass.end(), is_hex_digit)) return fail(errors::setting_format);
    return {};
}

Status check_access_point_pass(ConstBytes value) {
    const auto pass = as_text(value);
    if (pass.size() < 8) return fail(errors::setting_length);
    if (!std::all_of(pass.begin(), pass.end(), is_printable)) return fail(errors::setting_format);
    return {};
}

Status check_identity(ConstBytes value) {
    ESB_TRY(make_identity(as_text(value)));
    return {};
}

// RFC 4279 §5.3 allows up to 64 bytes; fewer than 16 could be guessed.
Status check_psk(ConstBytes value) {
    if (value.size() < 16) return fail(errors::setting_length);
    return {};
}

constexpr Setting table[] = {
    {names::wifi_ssid, Type::octets, 0, 32, "", Stage::network, false, false, "name of the Wi-Fi network"},
    {names::wifi_pass, Type::text, 0, 64, "", Stage::network, true, false,
     "its password: 8 to 63 characters, or 64 hex digits; empty for an open network", check_station_pass},
    {names::mqtt_host, Type::text, 0, 253, "", Stage::broker, false, false,
     "host name or IPv4 address of the MQTT broker", check_host},
    {names::mqtt_port, Type::integer, 1, 65535, "8883", Stage::broker, false, false, "its TLS port"},
    {names::mqtt_ident, Type::text, 0, identity_max, "", Stage::broker, false, false,
     "identity at the broker; empty: the device's own", check_identity},
    {names::mqtt_psk, Type::key, 0, 64, "", Stage::broker, true, false, "pre-shared key, 16 to 64 bytes in hex",
     check_psk},
    {names::ap_pass, Type::text, 0, 63, "", Stage::none, true, false,
     "password of the set-up access point: 8 to 63 printable ASCII characters", check_access_point_pass},
    {names::ota_legacy_md5, Type::boolean, 0, 1, "off", Stage::none, false, true,
     "accept unsigned updates given as URL|md5"},
    {names::time_server, Type::text, 0, 253, "pool.ntp.org", Stage::none, false, false,
     "host name or IPv4 address of the time server (SNTP); empty: none", check_host},
    {names::ha_discovery, Type::boolean, 0, 1, "off", Stage::none, false, false, "announce the device to Home Assistant"},
};

}  // namespace

std::span<const Setting> base_table() { return table; }

}  // namespace esb::settings
