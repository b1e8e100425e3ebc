// The settings of the base itself: one table. A row says which key it is (keys.hpp) and stands where that key points.
#include "esb/base/identity.hpp"
#include "esb/crypto/password.hpp"
#include "esb/settings/checks.hpp"
#include "esb/settings/keys.hpp"

#include <array>
#include <iterator>

namespace esb::settings {
namespace {

using enum Type;
using enum Stage;
using namespace names;

struct Row {
    std::size_t at;
    Type type;
    Setting setting;
};

template <Type T>
constexpr Row row(Key<T> at, const Setting& setting) {
    return {at.row(), T, setting};
}

// clang-format off

// --- what there are several of

constexpr Row ssid(std::size_t n, std::string_view name) {
    return row(networks[n].ssid, {.name = name, .type = octets, .high = 32, .stage = network,
        .help = "name of a Wi-Fi network"});
}
constexpr Row pass(std::size_t n, std::string_view name) {
    return row(networks[n].pass, {.name = name, .type = text, .high = 64, .stage = network, .secret = true,
        .check = checks::station_pass,
        .help = "its password: 8 to 63 characters, or 64 hex digits; empty for an open network"});
}
constexpr Row hidden(std::size_t n, std::string_view name) {
    return row(networks[n].hidden, {.name = name, .type = boolean, .high = 1, .fallback = "off", .stage = network,
        .help = "whether it hides its name"});
}
constexpr Row priority(std::size_t n, std::string_view name) {
    return row(networks[n].priority, {.name = name, .type = integer, .high = 9, .fallback = "0", .stage = network,
        .help = "the network with the highest is tried first"});
}

constexpr Row host(std::size_t n, std::string_view name) {
    return row(brokers[n].host, {.name = name, .type = text, .high = 253, .stage = broker, .check = checks::host,
        .help = n == 0 ? "host name or IPv4 address of the MQTT broker" : "a broker to fall back to"});
}
constexpr Row port(std::size_t n, std::string_view name) {
    return row(brokers[n].port, {.name = name, .type = integer, .low = 1, .high = 65535, .fallback = "8883",
        .stage = broker, .help = "its TLS port"});
}
constexpr Row ident(std::size_t n, std::string_view name) {
    return row(brokers[n].ident, {.name = name, .type = text, .high = identity_max, .stage = broker,
        .check = checks::identity,
        .help = n == 0 ? "identity at the broker; empty: the device's own" : "identity there; empty: mqtt.0.ident"});
}
constexpr Row psk(std::size_t n, std::size_t slot, std::string_view name) {
    return row(brokers[n].psk[slot], {.name = name, .type = key, .high = 32, .stage = broker, .secret = true,
        .check = checks::psk,
        .help = slot == 1 ? "second key, for its replacement: whichever works is used"
              : n == 0 ? "pre-shared key, 16 to 32 bytes in hex"
              : "pre-shared key there; both empty: those of mqtt.0"});
}
constexpr Row base(std::size_t n, std::string_view name) {
    return row(brokers[n].base, {.name = name, .type = text, .high = identity_max, .stage = broker,
        .check = checks::base_topic, .help = "base topic; empty: the identity with every - turned into /"});
}

constexpr Row trust(std::size_t n, std::string_view name) {
    return row(trusts[n].how, {.name = name, .type = choice, .high = 0, .choices = "psk|ca|pin", .fallback = "psk",
        .stage = broker, .help = "how the broker is known: a shared key, an authority's certificate, its own public key"});
}
constexpr Row authority(std::size_t n, std::string_view name) {
    return row(trusts[n].authority, {.name = name, .type = key, .high = 32, .stage = broker, .check = checks::hash,
        .help = "the authority's certificate, set as PEM (one or two, 4 KB); shown as its SHA-256"});
}
constexpr Row pin(std::size_t n, std::size_t slot, std::string_view name) {
    return row(trusts[n].pin[slot], {.name = name, .type = key, .high = 32, .stage = broker, .check = checks::hash,
        .help = slot == 0 ? "SHA-256 of the broker's public key (SubjectPublicKeyInfo) in hex"
                          : "another one, for its replacement: either is good"});
}
constexpr Row user(std::size_t n, std::string_view name) {
    return row(trusts[n].user, {.name = name, .type = text, .high = 64, .stage = broker,
        .help = "user name at the broker; empty: none"});
}
constexpr Row password(std::size_t n, std::string_view name) {
    return row(trusts[n].password, {.name = name, .type = text, .high = 128, .stage = broker, .secret = true,
        .help = "its password"});
}
constexpr Row certificate(std::size_t n, std::string_view name) {
    return row(trusts[n].certificate, {.name = name, .type = key, .high = 32, .stage = broker, .check = checks::hash,
        .help = "the device's certificate there, set as PEM; shown as its SHA-256; empty: none"});
}

#if ESB_WIFI_ENTERPRISE
constexpr Row eap(std::size_t n, std::string_view name) {
    return row(enterprises[n].method, {.name = name, .type = choice, .high = 0, .choices = "none|peap|tls", .fallback = "none",
        .stage = network, .help = "WPA2-Enterprise: with a user's password, or with a certificate of the device's own"});
}
constexpr Row eap_anonymous(std::size_t n, std::string_view name) {
    return row(enterprises[n].anonymous, {.name = name, .type = text, .high = 64, .stage = network,
        .help = "identity that everybody near may hear, as anonymous@example.org; empty: the user's name"});
}
constexpr Row eap_user(std::size_t n, std::string_view name) {
    return row(enterprises[n].user, {.name = name, .type = text, .high = 64, .stage = network,
        .help = "the user's name, told to the verified server"});
}
constexpr Row eap_password(std::size_t n, std::string_view name) {
    return row(enterprises[n].password, {.name = name, .type = text, .high = 64, .stage = network, .secret = true,
        .help = "the user's password (PEAP)"});
}
constexpr Row eap_server(std::size_t n, std::string_view name) {
    return row(enterprises[n].server, {.name = name, .type = text, .high = 128, .stage = network, .check = checks::host,
        .help = "name in the certificate of the network's server (RADIUS); no other is let in"});
}
constexpr Row eap_authority(std::size_t n, std::string_view name) {
    return row(enterprises[n].authority, {.name = name, .type = key, .high = 32, .stage = network, .check = checks::hash,
        .help = "the certificate of the server's authority, set as PEM; shown as its SHA-256"});
}
constexpr Row eap_certificate(std::size_t n, std::string_view name) {
    return row(enterprises[n].certificate, {.name = name, .type = key, .high = 32, .stage = network, .check = checks::hash,
        .help = "the device's certificate there (TLS), set as PEM; shown as its SHA-256"});
}
#endif

// --- the table

constexpr Row rows[] = {
    ssid(0, "wifi.0.ssid"),
    pass(0, "wifi.0.pass"),
    hidden(0, "wifi.0.hidden"),
    priority(0, "wifi.0.priority"),
    ssid(1, "wifi.1.ssid"),
    pass(1, "wifi.1.pass"),
    hidden(1, "wifi.1.hidden"),
    priority(1, "wifi.1.priority"),
    ssid(2, "wifi.2.ssid"),
    pass(2, "wifi.2.pass"),
    hidden(2, "wifi.2.hidden"),
    priority(2, "wifi.2.priority"),
    ssid(3, "wifi.3.ssid"),
    pass(3, "wifi.3.pass"),
    hidden(3, "wifi.3.hidden"),
    priority(3, "wifi.3.priority"),

    row(wifi_country, {.name = "wifi.country", .type = text, .high = 2, .check = checks::country,
        .help = "country of the radio's rules, as DE; empty: what is allowed everywhere; from the next start on"}),
    row(wifi_host, {.name = "wifi.host", .type = text, .high = 32, .check = checks::own_name,
        .help = "host name told to the network; empty: the identity in lower case; from the next start on"}),
    row(wifi_ip, {.name = "wifi.ip", .type = text, .high = 15, .stage = network, .check = checks::unicast,
        .help = "static IPv4 address, with wifi.mask and wifi.gateway; empty: DHCP"}),
    row(wifi_mask, {.name = "wifi.mask", .type = text, .high = 15, .stage = network, .check = checks::mask,
        .help = "netmask of the static address"}),
    row(wifi_gateway, {.name = "wifi.gateway", .type = text, .high = 15, .stage = network, .check = checks::unicast,
        .help = "gateway of the static address"}),
    row(wifi_dns, {.name = "wifi.dns", .type = text, .high = 15, .stage = network, .check = checks::unicast,
        .help = "name server of the static address; empty: the gateway"}),

    host(0, "mqtt.0.host"),
    port(0, "mqtt.0.port"),
    ident(0, "mqtt.0.ident"),
    psk(0, 0, "mqtt.0.psk.0"),
    psk(0, 1, "mqtt.0.psk.1"),
    base(0, "mqtt.0.base"),
    host(1, "mqtt.1.host"),
    port(1, "mqtt.1.port"),
    ident(1, "mqtt.1.ident"),
    psk(1, 0, "mqtt.1.psk.0"),
    psk(1, 1, "mqtt.1.psk.1"),
    base(1, "mqtt.1.base"),
    host(2, "mqtt.2.host"),
    port(2, "mqtt.2.port"),
    ident(2, "mqtt.2.ident"),
    psk(2, 0, "mqtt.2.psk.0"),
    psk(2, 1, "mqtt.2.psk.1"),
    base(2, "mqtt.2.base"),

    row(ap_pass, {.name = "ap.pass", .type = text, .high = 63, .secret = true, .check = checks::access_point_pass,
        .help = "password of the set-up access point: 8 to 63 printable ASCII characters"}),
    row(ap_address, {.name = "ap.address", .type = text, .low = 7, .high = 15, .fallback = "4.3.2.1",
        .check = checks::page_address,
        .help = "IPv4 address of the set-up page; outside the private ranges phones show it more reliably"}),
    row(console_password, {.name = "console.password", .type = key, .high = crypto::password_hash_size,
        .secret = true, .local_only = true, .check = crypto::check_password_hash,
        .help = "password of the console, 8 to 64 bytes; only its slow hash is stored; empty: no lock"}),
    row(ota_key, {.name = "ota.key", .type = text, .high = 87, .local_only = true, .check = checks::update_key,
        .help = "public update key (x.y) in place of those compiled in; from the next start on"}),
    row(ota_legacy_md5, {.name = "ota.legacy_md5", .type = boolean, .high = 1, .fallback = "off", .local_only = true,
        .help = "accept unsigned updates given as URL|md5"}),
    row(settings_signed, {.name = "settings.signed", .type = boolean, .high = 1, .fallback = "off", .local_only = true,
        .help = "accept changes by MQTT only when an update key has signed them (a product's default: on)"}),
    row(ota_hosts, {.name = "ota.hosts", .type = text, .high = 255, .local_only = true, .check = checks::host_list,
        .help = "hosts that images may come from, redirects included: names, addresses, *.example.com; empty: any"}),
    row(config_confirm, {.name = "config.confirm", .type = integer, .low = 10, .high = 600, .fallback = "60",
        .help = "seconds that each stage of a change may take before the old settings return"}),
    row(log_level, {.name = "log.level", .type = choice, .high = 0, .choices = "error|info|debug", .fallback = "info",
        .help = "which lines the device prints by itself: failures, also what happens, also details"}),
    row(time_server, {.name = "time.server", .type = text, .high = 253, .fallback = "pool.ntp.org",
        .check = checks::host, .help = "host name or IPv4 address of the time server (SNTP); empty: none"}),
    row(ha_discovery, {.name = "ha.discovery", .type = boolean, .high = 1, .fallback = "off",
        .help = "announce the device to Home Assistant"}),
    row(mqtt_version, {.name = "mqtt.version", .type = choice, .high = 0, .choices = "3|5|auto", .fallback = "3",
        .stage = broker, .help = "MQTT at the brokers: 3.1.1, 5.0, or 5.0 and where a broker refuses it 3.1.1"}),
    row(ota_when, {.name = "ota.when", .type = choice, .high = 0, .choices = "now|window|ask", .fallback = "now",
        .help = "when an update is installed: as it comes, in the hours of ota.window, or when somebody says so"}),
    row(ota_window, {.name = "ota.window", .type = text, .low = 11, .high = 11, .fallback = "02:00-04:00",
        .check = checks::window, .help = "hours for updates in local time, as 02:00-04:30 or 23:00-01:00"}),
    row(time_zone, {.name = "time.zone", .type = text, .low = 4, .high = 63, .fallback = "UTC0",
        .check = checks::time_zone,
        .help = "local time as POSIX's TZ, with summer time: CET-1CEST,M3.5.0,M10.5.0/3"}),

    trust(0, "mqtt.0.trust"),
    authority(0, "mqtt.0.ca"),
    pin(0, 0, "mqtt.0.pin.0"),
    pin(0, 1, "mqtt.0.pin.1"),
    user(0, "mqtt.0.user"),
    password(0, "mqtt.0.pass"),
    certificate(0, "mqtt.0.cert"),
    trust(1, "mqtt.1.trust"),
    authority(1, "mqtt.1.ca"),
    pin(1, 0, "mqtt.1.pin.0"),
    pin(1, 1, "mqtt.1.pin.1"),
    user(1, "mqtt.1.user"),
    password(1, "mqtt.1.pass"),
    certificate(1, "mqtt.1.cert"),
    trust(2, "mqtt.2.trust"),
    authority(2, "mqtt.2.ca"),
    pin(2, 0, "mqtt.2.pin.0"),
    pin(2, 1, "mqtt.2.pin.1"),
    user(2, "mqtt.2.user"),
    password(2, "mqtt.2.pass"),
    certificate(2, "mqtt.2.cert"),
    row(ota_ca, {.name = "ota.ca", .type = key, .high = 32, .check = checks::hash,
        .help = "authority of https servers that images come from, set as PEM; empty: mqtt.0.ca"}),
    row(est_url, {.name = "est.url", .type = text, .high = 253, .check = checks::https_server,
        .help = "https://host:port of the EST server that renews mqtt.0.cert, known by mqtt.0.ca; empty: nobody does"}),
    row(ota_pins[0], {.name = "ota.pin.0", .type = key, .high = 32, .check = checks::hash,
        .help = "SHA-256 of the public key (SubjectPublicKeyInfo) of https servers that images come from, in place of ota.ca"}),
    row(ota_pins[1], {.name = "ota.pin.1", .type = key, .high = 32, .check = checks::hash,
        .help = "another one, for its replacement: either is good"}),
#if ESB_WIFI_ENTERPRISE
    eap(0, "wifi.0.eap"),
    eap_anonymous(0, "wifi.0.anon"),
    eap_user(0, "wifi.0.user"),
    eap_password(0, "wifi.0.eap_pass"),
    eap_server(0, "wifi.0.server"),
    eap_authority(0, "wifi.0.ca"),
    eap_certificate(0, "wifi.0.cert"),
    eap(1, "wifi.1.eap"),
    eap_anonymous(1, "wifi.1.anon"),
    eap_user(1, "wifi.1.user"),
    eap_password(1, "wifi.1.eap_pass"),
    eap_server(1, "wifi.1.server"),
    eap_authority(1, "wifi.1.ca"),
    eap_certificate(1, "wifi.1.cert"),
    eap(2, "wifi.2.eap"),
    eap_anonymous(2, "wifi.2.anon"),
    eap_user(2, "wifi.2.user"),
    eap_password(2, "wifi.2.eap_pass"),
    eap_server(2, "wifi.2.server"),
    eap_authority(2, "wifi.2.ca"),
    eap_certificate(2, "wifi.2.cert"),
    eap(3, "wifi.3.eap"),
    eap_anonymous(3, "wifi.3.anon"),
    eap_user(3, "wifi.3.user"),
    eap_password(3, "wifi.3.eap_pass"),
    eap_server(3, "wifi.3.server"),
    eap_authority(3, "wifi.3.ca"),
    eap_certificate(3, "wifi.3.cert"),
#endif
};
// clang-format on

constexpr bool in_place() {
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        const bool there = rows[i].at == i - left_out_before(i) || is_left_out(i);
        if (!there || rows[i].type != rows[i].setting.type) return false;
    }
    return true;
}
static_assert(std::size(rows) == base_size, "a key for each row");
static_assert(in_place(), "each row stands where its key points, and has its key's type");

// One of a feature that is left out: whoever has its key reads the default that says no, or nothing.
constexpr Setting nameless(const Row& row) {
    if (row.type == choice) {
        return {.name = {}, .type = choice, .choices = row.setting.choices, .fallback = row.setting.fallback};
    }
    return {.name = {}, .type = row.type, .fallback = row.type == boolean ? "off" : ""};
}
constexpr std::array<Setting, base_size> settings_of_rows() {
    std::array<Setting, base_size> settings{};
    for (std::size_t i = 0; i < base_size; ++i) {
        settings[rows[i].at] = is_left_out(i) ? nameless(rows[i]) : rows[i].setting;
    }
    return settings;
}
constexpr auto table = settings_of_rows();

}  // namespace

std::span<const Setting> base_table() { return table; }

}  // namespace esb::settings
