// The supervisor's two state machines as tables: which states, what happens, where it leads. The machines move only
// along these rows; docs/wifi-states.md is made from them.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/machine.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb::wifi {

// --- The link: the station ---

enum class State : std::uint8_t {
    off,         // start() not called, or the radio does not start
    idle,        // no network is known
    choosing,    // a decision, never lasting: which network now
    scanning,    // a scan runs to rank the known networks
    joining,     // asked the radio, no outcome yet
    no_address,  // associated, waiting for DHCP
    fresh,       // has an address; still counts as a try until it has lived for a while
    up,          // has an address, for a while
    looking,     // up without the broker: a scan runs for another known network
    roaming,     // up with a weak signal: a scan runs for another access point of the same network
    waiting,     // back-off before the next round of tries
    paused,      // the same, because a phone is at the access point
#if ESB_ETHERNET
    wired,       // up by cable (wired_link.hpp): the station rests
#endif
};

enum class Event : std::uint8_t {
    radio_started,
    radio_refused,
    networks_changed,  // the present network is gone or different, or there was none
    none_known,
    scan_wanted,
    chosen,
    round_over,  // every known network was tried, or is put aside
    phone_waits,
    phone_came,
    phone_left,
    scan_done,
    other_heard,
    none_heard,
    joined,
    address,
    refused,  // the password
    left,
    time_up,
    broker_reached,
    signal_weak,
    stronger_heard,
    address_stale,  // one from before a deep sleep leads nowhere, or its lease is over
#if ESB_ETHERNET
    wire_up,  // also with another address
    wire_down,
#endif
};

// --- The portal: the access point ---

enum class PortalState : std::uint8_t {
    closed,
    opening,  // asked the radio to start it
    open,
    grace,    // the link is up: open for the result to be seen
    closing,  // asked the radio to stop it; not off the air before it says so
};

enum class PortalEvent : std::uint8_t {
    link_missing,  // for the connect time-out, and the device may open by itself
    asked,         // button or console
    unasked,       // console
    started,       // by the radio
    stopped,       // by the radio
    refused,       // by the radio
    link_up,       // and the portal is there for the link
    link_down,
    result_shown,  // by the page, with the link up
    held,          // somebody is at work on the page
    time_up,
    given_up,  // time up without a link on a device that is useless without one
};

template <typename S, typename E>
struct Row {
    S from;
    E event;
    S to;
    std::string_view note;  // what is done on the way
};
using LinkRow = Row<State, Event>;
using PortalRow = Row<PortalState, PortalEvent>;

// What is not in the tables does not happen: the event is ignored in that state. A state and an event name one row.
std::span<const LinkRow> link_rows();
std::span<const PortalRow> portal_rows();

// For people; stable.
std::string_view name(State state);
std::string_view name(Event event);
std::string_view name(PortalState state);
std::string_view name(PortalEvent event);

// Told of every row that is taken. Must not call back.
class Witness {
public:
    virtual ~Witness() = default;
    virtual void on_row(const LinkRow&) {}
    virtual void on_row(const PortalRow&) {}
};

template <typename S, typename E>
using Machine = esb::Machine<Row<S, E>, Witness>;

}  // namespace esb::wifi
