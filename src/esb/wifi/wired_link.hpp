// Ethernet as the supervisor's other link: whether there is a cable, an address, and when it is to serve instead of the radio. A
// state machine (wire_states.hpp, docs/wifi-states.md) over the wire's events and time; owns no clock, never blocks.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/wire.hpp"
#include "esb/wifi/policy.hpp"
#include "esb/wifi/wire_states.hpp"

#include <optional>
#include <string_view>

namespace esb::wifi {

// Called last in whatever caused it.
class WireListener {
public:
    virtual ~WireListener() = default;
    // From now on the wire serves, or it goes on with another address.
    virtual void on_wire_up(const chip::AddressConfig& ip) = 0;
    // It does not serve any more: cable_out, no_address.
    virtual void on_wire_down(chip::DisconnectReason reason) = 0;
    // There is a carrier, but DHCP has been silent for the address time-out. Once for each cable.
    virtual void on_wire_silent() = 0;
};

// The rule: the wire when it has an address, the radio otherwise. A wire that comes while the radio has a link serves once it has
// kept its address for a while, so a loose contact interrupts nothing.
class WiredLink {
public:
    // `wire` may be null: then nothing ever happens. `policy` must outlive it; `witness` may be null.
    WiredLink(chip::Wire* wire, chip::Entropy& entropy, WireListener& listener, const Policy& policy,
              WireWitness* witness = nullptr)
        : wire_(wire), entropy_(entropy), listener_(listener), policy_(policy), witness_(witness) {}

    // A driver that fails (wire_failed) is started again by step(), so the name must live on.
    Status start(std::string_view host_name, Instant now);
    // What else there is: a link by radio, and something under way that a change of the link would disturb (an update).
    void set_radio(bool up, bool held) {
        radio_up_ = up;
        held_ = held;
    }
    // Takes the wire's events and does what is due.
    void step(Instant now);
    std::optional<Instant> deadline() const;

    // The board has a socket.
    bool present() const { return wire_ != nullptr; }
    WireState state() const { return machine_.state(); }
    bool serves() const { return state() == WireState::serving; }
    const chip::AddressConfig& address() const { return address_; }

private:
    bool take(WireEvent event, Instant now);
    void handle(const chip::WireEvent& event, Instant now);
    void lose(WireEvent event, chip::DisconnectReason reason, Instant now);
    void on_time_up(Instant now);

    chip::Wire* wire_;
    chip::Entropy& entropy_;
    WireListener& listener_;
    const Policy& policy_;
    WireWitness* witness_;
    esb::Machine<WireRow, WireWitness> machine_{wire_rows(), WireState::off};
    Backoff backoff_;
    std::string_view host_name_;
    chip::AddressConfig address_;
    std::optional<Instant> deadline_;
    bool radio_up_ = false;
    bool held_ = false;
};

}  // namespace esb::wifi
