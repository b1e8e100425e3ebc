// The radio's events on their way from the driver's task to the reactor.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/radio.hpp"

#include <optional>

namespace esb::chip::esp32 {

// First in, first out, and bounded. When it is full the oldest event of a phone that came or went makes room, which
// access_point_clients() makes up for; a flood of those is the only way to fill it, since the station has at most a
// few events for each join(). Only if there is none, the oldest event of all is lost. Not thread-safe.
class RadioEvents {
public:
    static constexpr std::size_t capacity = 16;

    void push(const RadioEvent& event);
    std::optional<RadioEvent> pop();
    // Drops what the station has said before it was told to leave or to join another network.
    void forget_station();

private:
    FixedVector<RadioEvent, capacity> events_;
};

}  // namespace esb::chip::esp32
