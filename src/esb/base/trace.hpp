// What whoever runs the library on a virtual chip may watch of it: states, steps of TLS, web requests, plain MQTT bytes.
// Linux alone has it, where the virtual chip lives. On a chip on() is false for the compiler already, and what stands
// behind it is no code. Secrets are never told: no keys, no values of settings, no bodies of requests, no queries.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

#if defined(__linux__)
#define ESB_TRACE 1
#else
#define ESB_TRACE 0
#endif

namespace esb::trace {

// A word or a number that belongs to an event.
struct Field {
    constexpr Field(std::string_view name, std::string_view words) : key(name), text(words), is_number(false) {}
    template <typename T>
    requires std::is_integral_v<T>
    constexpr Field(std::string_view name, T value)
        : key(name), number(static_cast<std::int64_t>(value)), is_number(true) {}

    std::string_view key;   // one lower-case word
    std::string_view text;  // of others, perhaps: whoever shows it escapes it
    std::int64_t number = 0;
    bool is_number;
};

enum class Way : std::uint8_t { in, out };  // to the device, from it

// Called on the task where it happens, in the middle of it: must neither call back nor wait. Views hold during the call.
class Sink {
public:
    virtual ~Sink() = default;
    // `area` and `what` are single lower-case words, such as "tls", "open".
    virtual void on_event(std::string_view area, std::string_view what, std::span<const Field> fields) = 0;
    // A connection to a broker begins; what was known of an earlier one by this address is over.
    virtual void on_mqtt_open(const void* connection) = 0;
    // Its bytes, before they are encrypted or after. They have passwords in them.
    virtual void on_mqtt(const void* connection, Way way, ConstBytes bytes) = 0;
};

#if ESB_TRACE
// Set before other threads begin; null, as at first: nobody watches.
inline Sink* sink = nullptr;

inline bool on() { return sink != nullptr; }
inline void event(std::string_view area, std::string_view what, std::initializer_list<Field> fields) {
    if (on()) sink->on_event(area, what, {fields.begin(), fields.size()});
}
inline void mqtt_open(const void* connection) {
    if (on()) sink->on_mqtt_open(connection);
}
inline void mqtt(const void* connection, Way way, ConstBytes bytes) {
    if (on()) sink->on_mqtt(connection, way, bytes);
}
#else
constexpr bool on() { return false; }
constexpr void event(std::string_view, std::string_view, std::initializer_list<Field>) {}
constexpr void mqtt_open(const void*) {}
constexpr void mqtt(const void*, Way, ConstBytes) {}
#endif

// Where a machine went; its states and events by their names.
inline void state(std::string_view machine, std::string_view from, std::string_view because, std::string_view to) {
    event("state", machine, {{"from", from}, {"because", because}, {"to", to}});
}

}  // namespace esb::trace
