// MQTT packets (3.1.1 and 5.0) in words, for whoever watches a virtual chip. It knows nothing of the engine that made them,
// believes nothing, and gives away no secret: neither user names nor passwords, nor the payloads in which settings travel.
#pragma once

#include "esb/base/trace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace esb::vchip {

inline constexpr std::size_t dissected_max = 1024;     // bytes of a packet that are looked at; the rest is counted
inline constexpr std::size_t payload_shown_max = 64;  // bytes of a payload

// One connection, both ways.
class MqttDissector {
public:
    // `packet` is a word such as "publish", or "malformed": what follows it in this direction is not looked at any more.
    using OnPacket = std::function<void(trace::Way way, std::string_view packet, std::span<const trace::Field> fields)>;

    explicit MqttDissector(OnPacket on_packet) : on_packet_(std::move(on_packet)) {}

    // Any cut of the stream into pieces gives the same packets.
    void take(trace::Way way, ConstBytes bytes);

private:
    struct Direction {
        enum class Part : std::uint8_t { type, length, body, broken };
        Part part = Part::type;
        std::uint8_t first = 0;   // type and flags
        unsigned shift = 0;       // of the next digit of the length
        std::size_t length = 0;   // of the body
        std::size_t seen = 0;     // of it
        std::array<std::uint8_t, dissected_max> kept{};
    };

    std::size_t take_some(trace::Way way, Direction& direction, ConstBytes bytes);
    void take_length(trace::Way way, Direction& direction, std::uint8_t digit);
    void finish(trace::Way way, Direction& direction);
    void break_off(trace::Way way, Direction& direction);

    OnPacket on_packet_;
    std::array<Direction, 2> directions_;
    bool v5_ = false;  // as the CONNECT has said
};

// Whether a message under this topic may be shown with its payload: settings and updates stay hidden.
bool payload_may_be_shown(std::string_view topic);

}  // namespace esb::vchip
