// One setting: what it is called, what it takes, and its values in text form and in stored form.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/page_text.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::settings {

enum class Type : std::uint8_t {  // what a value is
    boolean,                      // text form: on, off (also true, false, 1, 0)
    integer,                      // decimal
    text,                         // UTF-8 without control characters
    octets,                       // arbitrary bytes (an SSID); text form: UTF-8 as it is, or hex:<digits>
    key,                          // bytes; text form: hex digits
    choice,                       // one of a few words (Setting::choices)
};

// What shows that a new value works; until then the old one can return (commit-confirmed).
enum class Stage : std::uint8_t {
    none,     // takes effect at once, nothing to confirm
    network,  // an address was obtained
    broker,   // an MQTT round trip succeeded
};

// Who asks for a change.
enum class Origin : std::uint8_t { console, portal, mqtt, firmware };

inline constexpr std::size_t name_max = 24;    // characters
inline constexpr std::size_t value_max = 256;  // bytes
// Enough characters for the text form of any value ("hex:" and two digits a byte).
inline constexpr std::size_t text_max = 4 + 2 * value_max;

// A row of a table, by designated initializers; what is not said is as here:
//   {.name = "pump.speed", .type = Type::integer, .high = 100, .fallback = "5", .label = "Speed", .unit = "%",
//    .help = "speed of the pump"}
struct Setting {
    std::string_view name;          // [a-z0-9_.]{1,24}: "mqtt.0.host"
    Type type;                      // what a value is
    std::int32_t low = 0;           // integer: smallest value; otherwise: smallest length in bytes (0 allows "unset")
    std::int32_t high = value_max;  // integer: largest value; otherwise: largest length
    std::string_view choices = {};  // choice: the words, with a | between them: "error|info|debug"
    // Default, in text form: empty for a secret and for a key, plain for octets. Boolean, integer and choice need one.
    std::string_view fallback = {};
    Stage stage = Stage::none;
    bool secret = false;
    bool local_only = false;
    // An extra check of a value in stored form that passed all others; null: none. Not asked about an empty one.
    Status (*check)(ConstBytes value) = nullptr;
    // For the set-up page: a few words in place of the name, and what stands behind the field, as °C or s.
    [[no_unique_address]] PageText label = {};
    [[no_unique_address]] PageText unit = {};
    std::string_view help = {};  // one line
};

// A value in its stored form: boolean 1 byte, integer 8 bytes little endian, otherwise the bytes themselves.
// It may be a secret, so every copy is wiped when it goes.
using Value = Secret<value_max>;

// [a-z0-9_.]{1,24}
bool is_name(std::string_view name);

// Text form -> stored form, with every check of the setting. One clear error each.
Result<Value> parse(const Setting& setting, std::string_view text);
// Bytes as they are (an SSID typed at the console, a generated key) -> stored form, with the same checks.
// A boolean or an integer must be in stored form already.
Result<Value> accept(const Setting& setting, ConstBytes bytes);
// The checks alone: is this a stored form that the setting allows?
Status validate(const Setting& setting, ConstBytes stored);
// The number in the stored form of a boolean or an integer; what validate() allows has 32 bits.
std::int64_t number(ConstBytes stored);
// The default of a boolean or an integer.
std::int32_t fallback_number(const Setting& setting);
// Stored form -> text form into `out`; parse() of it gives the same value. setting_secret for a secret,
// setting_type for what is no stored form of this type, too_long when `out` is too small.
Result<std::string_view> format(const Setting& setting, ConstBytes stored, std::span<char> out);

// "boolean", "integer", ...
std::string_view name(Type type);
std::string_view name(Stage stage);

}  // namespace esb::settings
