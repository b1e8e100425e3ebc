// The state machine of the wire as a table, like those of states.hpp: which states, what happens, where it leads.
#pragma once

#include "esb/wifi/states.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb::wifi {

enum class WireState : std::uint8_t {
    off,         // start() not called, or the driver does not start
    no_cable,    // nothing is plugged in, or the other end is dead
    no_address,  // a carrier, waiting for DHCP
    spare,       // has an address; the radio's link serves until the wire has lived for a while
    serving,     // the device's link
};

enum class WireEvent : std::uint8_t {
    started,
    refused,  // by the driver
    cable_in,
    cable_out,
    address,
    address_lost,
    needed,  // the radio has no link
    time_up,
};

using WireRow = Row<WireState, WireEvent>;

// What is not in the table does not happen. A state and an event name one row.
std::span<const WireRow> wire_rows();

// For people; stable.
std::string_view name(WireState state);
std::string_view name(WireEvent event);

// Told of every row that is taken. Must not call back.
class WireWitness {
public:
    virtual ~WireWitness() = default;
    virtual void on_row(const WireRow&) {}
};

}  // namespace esb::wifi
