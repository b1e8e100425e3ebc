// The settings of the base itself.
#include "esb/base/identity.hpp"
#include "esb/chip/network.hpp"
#include "esb/crypto/password.hpp"
#include "esb/settings/blob.hpp"
#include "esb/settings/schema.hpp"

#include <algorithm>
#include <optional>

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

// Hosts with blanks or commas between them; *.example.com stands for all names below example.com.
Status check_host_list(ConstBytes value) {
    auto rest = as_text(value);
    while (!rest.empty()) {
        auto entry = rest.substr(0, rest.find_first_of(" ,"));
        rest.remove_prefix(entry.size() < rest.size() ? entry.size() + 1 : entry.size());
        if (entry.empty()) continue;  // two separators in a row
        if (entry.starts_with("*.")) entry.remove_prefix(2);
        if (entry.empty()) return fail(errors::setting_format);
        ESB_TRY(check_host(as_bytes(entry)));
    }
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

// An address that a host may have (RFC 6890): not "this network", loopback, multicast, class E or the broadcast to all.
Status check_unicast(ConstBytes value) {
    const auto address = chip::parse_ipv4(as_text(value));
    if (!address) return fail(errors::setting_format);
    const auto first = address->bytes[0];
    if (first == 0 || first == 127 || first >= 224) return fail(errors::setting_host_address);
    return {};
}

// A host in a network of 256: not the network's own address nor its broadcast, and nothing that hosts refuse.
Status check_access_point_address(ConstBytes value) {
    ESB_TRY(check_unicast(value));
    const auto last = chip::parse_ipv4(as_text(value))->bytes[3];
    if (last == 0 || last == 255) return fail(errors::setting_host_address);
    return {};
}

Status check_identity(ConstBytes value) {
    ESB_TRY(make_identity(as_text(value)));
    return {};
}

// Fewer than 16 bytes could be guessed; more than 32 is what neither Debian's nor ESP-IDF's Mbed TLS can use, and
// is refused here rather than at every connection (RFC 4279 §5.3 would allow 64).
Status check_psk(ConstBytes value) {
    if (value.size() < 16) return fail(errors::setting_length);
    const bool zeros = std::all_of(value.begin(), value.end(), [](std::uint8_t byte) { return byte == 0; });
    return zeros ? Status(fail(errors::setting_format)) : Status();  // a key that somebody has lost
}

// ISO 3166-1 alpha-2.
Status check_country(ConstBytes value) {
    const auto upper = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
    if (value.size() != 2 || !std::all_of(value.begin(), value.end(), upper)) return fail(errors::setting_format);
    return {};
}

// As DHCP's option 12 tells it to the router: one label.
Status check_own_name(ConstBytes value) {
    if (!is_label(as_text(value)) || as_text(value).find('_') != std::string_view::npos) {
        return fail(errors::setting_format);
    }
    return {};
}

std::uint32_t ipv4_number(const chip::IpAddress& address) {
    const auto& b = address.bytes;
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

// Ones, then zeros; at least two addresses beside the network's and the broadcast's.
bool is_mask(std::uint32_t mask) {
    const std::uint32_t zeros = ~mask;
    return mask != 0 && zeros >= 3 && (zeros & (zeros + 1)) == 0;
}

Status check_mask(ConstBytes value) {
    const auto mask = chip::parse_ipv4(as_text(value));
    if (!mask || !is_mask(ipv4_number(*mask))) return fail(errors::setting_format);
    return {};
}

// Levels of the letters that identities have, with a / between them.
Status check_base(ConstBytes value) {
    const auto base = as_text(value);
    const auto allowed = [](char c) { return is_label_character(c) || c == '-' || c == '/'; };
    const bool gaps = base.starts_with('/') || base.ends_with('/') || base.find("//") != std::string_view::npos;
    if (gaps || !std::all_of(base.begin(), base.end(), allowed)) return fail(errors::setting_format);
    return {};
}

// "x.y", two base64url coordinates of 43 characters. Whether that is a point of the curve is found when it is used.
Status check_update_key(ConstBytes value) {
    const auto key = as_text(value);
    const auto allowed = [](char c) { return is_label_character(c) || c == '-'; };
    const bool shaped = key.size() == 87 && key[43] == '.';
    if (!shaped || std::count_if(key.begin(), key.end(), allowed) != 86) return fail(errors::setting_format);
    return {};
}

// --- the table

constexpr Setting ssid(std::size_t n) {
    return {names::networks[n].ssid,   Type::octets, 0, 32, "", Stage::network, false, false,
            "name of a Wi-Fi network", nullptr,      {}};
}
constexpr Setting pass(std::size_t n) {
    return {names::networks[n].pass,
            Type::text,
            0,
            64,
            "",
            Stage::network,
            true,
            false,
            "its password: 8 to 63 characters, or 64 hex digits; empty for an open network",
            check_station_pass,
            {}};
}
constexpr Setting hidden(std::size_t n) {
    return {names::networks[n].hidden,   Type::boolean, 0, 1, "off", Stage::network, false, false,
            "whether it hides its name", nullptr,       {}};
}
constexpr Setting priority(std::size_t n) {
    return {names::networks[n].priority,
            Type::integer,
            0,
            9,
            "0",
            Stage::network,
            false,
            false,
            "the network with the highest is tried first",
            nullptr,
            {}};
}

constexpr Setting host(std::size_t n) {
    return {names::brokers[n].host,
            Type::text,
            0,
            253,
            "",
            Stage::broker,
            false,
            false,
            n == 0 ? "host name or IPv4 address of the MQTT broker" : "a broker to fall back to",
            check_host,
            {}};
}
constexpr Setting port(std::size_t n) {
    return {names::brokers[n].port, Type::integer, 1, 65535, "8883", Stage::broker, false, false,
            "its TLS port",         nullptr,       {}};
}
constexpr Setting ident(std::size_t n) {
    return {names::brokers[n].ident,
            Type::text,
            0,
            identity_max,
            "",
            Stage::broker,
            false,
            false,
            n == 0 ? "identity at the broker; empty: the device's own" : "identity there; empty: mqtt.0.ident",
            check_identity,
            {}};
}
constexpr Setting psk(std::size_t n, std::size_t slot) {
    return {names::brokers[n].psk[slot],
            Type::key,
            0,
            32,
            "",
            Stage::broker,
            true,
            false,
            slot == 1 ? "second key, for its replacement: whichever works is used"
            : n == 0  ? "pre-shared key, 16 to 32 bytes in hex"
                      : "pre-shared key there; both empty: those of mqtt.0",
            check_psk,
            {}};
}
constexpr Setting base(std::size_t n) {
    return {names::brokers[n].base,
            Type::text,
            0,
            identity_max,
            "",
            Stage::broker,
            false,
            false,
            "base topic; empty: the identity with every - turned into /",
            check_base,
            {}};
}

constexpr Setting table[] = {
    // clang-format off
    ssid(0), pass(0), hidden(0), priority(0),
    ssid(1), pass(1), hidden(1), priority(1),
    ssid(2), pass(2), hidden(2), priority(2),
    ssid(3), pass(3), hidden(3), priority(3),
    // clang-format on
    {names::wifi_country, Type::text, 0, 2, "", Stage::none, false, false,
     "country of the radio's rules, as DE; empty: what is allowed everywhere; from the next start on", check_country},
    {names::wifi_host, Type::text, 0, 32, "", Stage::none, false, false,
     "host name told to the network; empty: the identity in lower case; from the next start on", check_own_name},
    {names::wifi_ip, Type::text, 0, 15, "", Stage::network, false, false,
     "static IPv4 address, with wifi.mask and wifi.gateway; empty: DHCP", check_unicast},
    {names::wifi_mask, Type::text, 0, 15, "", Stage::network, false, false, "netmask of the static address",
     check_mask},
    {names::wifi_gateway, Type::text, 0, 15, "", Stage::network, false, false, "gateway of the static address",
     check_unicast},
    {names::wifi_dns, Type::text, 0, 15, "", Stage::network, false, false,
     "name server of the static address; empty: the gateway", check_unicast},
    // clang-format off
    host(0), port(0), ident(0), psk(0, 0), psk(0, 1), base(0),
    host(1), port(1), ident(1), psk(1, 0), psk(1, 1), base(1),
    host(2), port(2), ident(2), psk(2, 0), psk(2, 1), base(2),
    // clang-format on
    {names::ap_pass, Type::text, 0, 63, "", Stage::none, true, false,
     "password of the set-up access point: 8 to 63 printable ASCII characters", check_access_point_pass},
    {names::ap_address, Type::text, 7, 15, "4.3.2.1", Stage::none, false, false,
     "IPv4 address of the set-up page; outside the private ranges phones show it more reliably",
     check_access_point_address},
    {names::console_password, Type::key, 0, crypto::password_hash_size, "", Stage::none, true, true,
     "password of the console, 8 to 64 bytes; only its slow hash is stored; empty: no lock",
     crypto::check_password_hash},
    {names::ota_key, Type::text, 0, 87, "", Stage::none, false, true,
     "public update key (x.y) in place of those compiled in; from the next start on", check_update_key},
    {names::ota_legacy_md5, Type::boolean, 0, 1, "off", Stage::none, false, true,
     "accept unsigned updates given as URL|md5"},
    {names::settings_signed, Type::boolean, 0, 1, "off", Stage::none, false, true,
     "accept changes by MQTT only when an update key has signed them (a product's default: on)"},
    {names::ota_hosts, Type::text, 0, 255, "", Stage::none, false, true,
     "hosts that images may come from, redirects included: names, addresses, *.example.com; empty: any",
     check_host_list},
    {names::config_confirm, Type::integer, 10, 600, "60", Stage::none, false, false,
     "seconds that each stage of a change may take before the old settings return"},
    {names::log_level, Type::choice, 0, 0, "info", Stage::none, false, false,
     "which lines the device prints by itself: failures, also what happens, also details", nullptr, "error|info|debug"},
    {names::time_server, Type::text, 0, 253, "pool.ntp.org", Stage::none, false, false,
     "host name or IPv4 address of the time server (SNTP); empty: none", check_host},
    {names::ha_discovery, Type::boolean, 0, 1, "off", Stage::none, false, false,
     "announce the device to Home Assistant"},
};

std::optional<std::uint32_t> stored_ipv4(ConstBytes records, std::string_view name) {
    const auto record = find_record(records, name);
    if (!record || record->value.empty()) return std::nullopt;
    const auto address = chip::parse_ipv4(as_text(record->value));
    return address ? std::optional(ipv4_number(*address)) : std::nullopt;
}

struct Addresses {
    std::optional<std::uint32_t> ip, mask, gateway, dns, page;
    friend bool operator==(const Addresses&, const Addresses&) = default;
};

Addresses addresses_of(ConstBytes records) {
    const auto stored = [records](std::string_view name) { return stored_ipv4(records, name); };
    return {stored(names::wifi_ip), stored(names::wifi_mask), stored(names::wifi_gateway), stored(names::wifi_dns),
            stored(names::ap_address)};
}

Status check_addresses(const Addresses& all) {
    constexpr std::uint32_t page_mask = 0xFFFFFF00;
    constexpr std::uint32_t page_default = 0x04030201;
    if (!all.ip) return {};
    if (!all.mask || !all.gateway) return fail(errors::setting_address);
    const auto mask = *all.mask;
    const auto network = *all.ip & mask;
    const auto no_host = [&](std::uint32_t address) { return address == network || address == (network | ~mask); };
    if (no_host(*all.ip) || no_host(*all.gateway)) return fail(errors::setting_host_address);
    if ((*all.gateway & mask) != network || *all.ip == *all.gateway) return fail(errors::setting_address);
    if (all.dns && (no_host(*all.dns) || *all.dns == *all.ip)) return fail(errors::setting_host_address);
    // Two ways to one network: packets for the phone would leave by the station, or the other way round.
    if (((all.page.value_or(page_default) ^ *all.ip) & mask & page_mask) == 0) {
        return fail(errors::setting_address_clash);
    }
    return {};
}

}  // namespace

std::span<const Setting> base_table() { return table; }

namespace {

// Empty is as good as not there.
ConstBytes value_of(ConstBytes records, std::string_view name) {
    const auto record = find_record(records, name);
    return record ? record->value : ConstBytes();
}
bool has_key(ConstBytes records, const names::Broker& broker) {
    return !value_of(records, broker.psk[0]).empty() || !value_of(records, broker.psk[1]).empty();
}
bool loses(ConstBytes before, ConstBytes after, std::string_view name) {
    return !value_of(before, name).empty() && value_of(after, name).empty();
}

}  // namespace

Status check_protection(ConstBytes before, ConstBytes after, Origin by) {
    const bool born_anew = by == Origin::console;
    bool weaker = !born_anew && loses(before, after, names::ap_pass);
    for (const auto& broker : names::brokers) {
        const bool own = &broker == &names::brokers[0];
        const bool stays = own ? !born_anew : !value_of(after, broker.host).empty();
        weaker = weaker || (stays && has_key(before, broker) && !has_key(after, broker));
    }
    for (const auto& network : names::networks) {
        const bool same = equal(value_of(before, network.ssid), value_of(after, network.ssid));
        weaker = weaker || (by == Origin::mqtt && same && loses(before, after, network.pass));
    }
    return weaker ? Status(fail(errors::setting_needed)) : Status();
}

Status check_together(ConstBytes records, ConstBytes before) {
    const auto all = addresses_of(records);
    if (all == addresses_of(before)) return {};
    return check_addresses(all);
}

}  // namespace esb::settings
