// What can be set: one table that console, portal, MQTT, validation and docs/settings.md all read.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/settings/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::settings {

enum class Type : std::uint8_t {
    boolean,  // text form: on, off (also true, false, 1, 0)
    integer,  // decimal
    text,     // UTF-8 without control characters
    octets,   // arbitrary bytes (an SSID); text form: UTF-8 as it is, or hex:<digits>
    key,      // bytes; text form: hex digits
    choice,   // one of a few words (Setting::choices)
};

// What shows that a new value works; until then the old one can return (commit-confirmed).
enum class Stage : std::uint8_t {
    none,     // takes effect at once, nothing to confirm
    network,  // an address was obtained
    broker,   // an MQTT round trip succeeded
};

// Who asks for a change.
enum class Origin : std::uint8_t { console, portal, mqtt, firmware };

inline constexpr std::size_t name_max = 24;
inline constexpr std::size_t value_max = 256;  // bytes
// Enough characters for the text form of any value ("hex:" and two digits a byte).
inline constexpr std::size_t text_max = 4 + 2 * value_max;

struct Setting {
    std::string_view name;  // [a-z0-9_.]{1,24}: "mqtt.0.host"
    Type type;
    std::int64_t low;           // integer: smallest value; otherwise: smallest length in bytes (0 allows "unset")
    std::int64_t high;          // integer: largest value; otherwise: largest length
    std::string_view fallback;  // default, in text form; empty for a secret and for a key, plain for octets
    Stage stage;
    bool secret;
    bool local_only;
    std::string_view help;  // one line
    // An extra check of a value in stored form that passed all others; null: none. Not asked about an empty one.
    Status (*check)(ConstBytes value) = nullptr;
    // choice: the words, with a | between them: "error|info|debug".
    std::string_view choices = {};
};

// A value in its stored form: boolean 1 byte, integer 8 bytes little endian, otherwise the bytes themselves.
// It may be a secret, so every copy is wiped when it goes.
using Value = Secret<value_max>;

// The base's own table plus the author's, in that order. Not changed after Device::start().
class Schema {
public:
    static constexpr std::size_t max_tables = 4;

    // The settings of the base itself (defaults.cpp).
    Schema();
    // Adds an author's table, which must live as long as the device. `full`; invalid_argument (detail: the index
    // in the table) for a bad or duplicate name, impossible bounds, or a default that its own rules refuse; a
    // secret with a default would be the same on every device and is refused too. Nothing is added then.
    Status add(std::span<const Setting> table);

    // Gives a setting another default, once, before it is in use; the text must live as long. setting_unknown, `full`, the errors of parse().
    Status set_fallback(std::string_view name, std::string_view fallback);

    // Null when there is none.
    const Setting* find(std::string_view name) const;
    std::size_t size() const;
    const Setting& at(std::size_t index) const;

private:
    FixedVector<std::span<const Setting>, max_tables> tables_;
    FixedVector<Setting, 2> changed_;  // with another default; each stands for the one of its name
};

// [a-z0-9_.]{1,24}
bool is_name(std::string_view name);

// Text form -> stored form, with every check of the setting. One clear error each.
Result<Value> parse(const Setting& setting, std::string_view text);
// Bytes as they are (an SSID typed at the console, a generated key) -> stored form, with the same checks.
// A boolean or an integer must be in stored form already.
Result<Value> accept(const Setting& setting, ConstBytes bytes);
// The checks alone: is this a stored form that the setting allows?
Status validate(const Setting& setting, ConstBytes stored);
// The number in the stored form of a boolean or an integer that validate() allows.
std::int64_t number(ConstBytes stored);
// Stored form -> text form into `out`; parse() of it gives the same value. setting_secret for a secret,
// setting_type for what is no stored form of this type, too_long when `out` is too small.
Result<std::string_view> format(const Setting& setting, ConstBytes stored, std::span<char> out);

// The base's own table (defaults.cpp).
std::span<const Setting> base_table();
// What no setting can tell alone: whether the values of `records` (store.hpp) fit together. setting_address,
// setting_host_address, setting_address_clash. What is the same in `before` has been let in by an earlier version, and
// is no reason to refuse another change.
Status check_together(ConstBytes records, ConstBytes before);
// Whether a change leaves the device as well protected as it was: neither the access point's password nor the last key of a
// broker may go, and from afar (`by` MQTT) not the password of a network that stays. setting_needed. Only who types at the
// console may drop the device's own two: the next start makes new ones and shows them there, and until then the access point
// does not open.
Status check_protection(ConstBytes before, ConstBytes after, Origin by);

// "boolean", "integer", ...
std::string_view name(Type type);
std::string_view name(Stage stage);

// Names of the base's settings, so that a typing mistake does not compile.
namespace names {
struct Network {
    std::string_view ssid, pass, hidden, priority;
};
inline constexpr Network networks[] = {
    {"wifi.0.ssid", "wifi.0.pass", "wifi.0.hidden", "wifi.0.priority"},
    {"wifi.1.ssid", "wifi.1.pass", "wifi.1.hidden", "wifi.1.priority"},
    {"wifi.2.ssid", "wifi.2.pass", "wifi.2.hidden", "wifi.2.priority"},
    {"wifi.3.ssid", "wifi.3.pass", "wifi.3.hidden", "wifi.3.priority"},
};
inline constexpr std::string_view wifi_ssid = networks[0].ssid;
inline constexpr std::string_view wifi_pass = networks[0].pass;
inline constexpr std::string_view wifi_country = "wifi.country";
inline constexpr std::string_view wifi_host = "wifi.host";
inline constexpr std::string_view wifi_ip = "wifi.ip";
inline constexpr std::string_view wifi_mask = "wifi.mask";
inline constexpr std::string_view wifi_gateway = "wifi.gateway";
inline constexpr std::string_view wifi_dns = "wifi.dns";

struct Broker {
    std::string_view host, port, ident;
    std::string_view psk[2];
    std::string_view base;
};
inline constexpr Broker brokers[] = {
    {"mqtt.0.host", "mqtt.0.port", "mqtt.0.ident", {"mqtt.0.psk.0", "mqtt.0.psk.1"}, "mqtt.0.base"},
    {"mqtt.1.host", "mqtt.1.port", "mqtt.1.ident", {"mqtt.1.psk.0", "mqtt.1.psk.1"}, "mqtt.1.base"},
    {"mqtt.2.host", "mqtt.2.port", "mqtt.2.ident", {"mqtt.2.psk.0", "mqtt.2.psk.1"}, "mqtt.2.base"},
};
inline constexpr std::string_view mqtt_host = brokers[0].host;
inline constexpr std::string_view mqtt_port = brokers[0].port;
inline constexpr std::string_view mqtt_ident = brokers[0].ident;
inline constexpr std::string_view mqtt_psk = brokers[0].psk[0];

inline constexpr std::string_view ap_pass = "ap.pass";
inline constexpr std::string_view ap_address = "ap.address";
inline constexpr std::string_view console_password = "console.password";
inline constexpr std::string_view ota_key = "ota.key";
inline constexpr std::string_view ota_legacy_md5 = "ota.legacy_md5";
inline constexpr std::string_view ota_hosts = "ota.hosts";
inline constexpr std::string_view config_confirm = "config.confirm";
inline constexpr std::string_view settings_signed = "settings.signed";
inline constexpr std::string_view log_level = "log.level";
inline constexpr std::string_view time_server = "time.server";
inline constexpr std::string_view ha_discovery = "ha.discovery";
}  // namespace names

}  // namespace esb::settings
