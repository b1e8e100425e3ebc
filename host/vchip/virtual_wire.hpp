// A socket for a cable: carrier and DHCP as a small state machine. FileRadio's board file plugs it in a real process,
// tests do it by hand in a simulated one (SimWire).
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/wire.hpp"
#include "host/vchip/wait_source.hpp"

#include <optional>
#include <string>

namespace esb::vchip {

// How long things take.
struct WireTiming {
    Duration carrier{100};  // from plugging to the carrier
    Duration address{50};   // by DHCP
};

// `link.wire` is true exactly while there is an address. Everything on the reactor's task.
class VirtualWire : public chip::Wire, public WaitSource {
public:
    // `lease` is what DHCP gives.
    VirtualWire(const chip::Clock& clock, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease)
        : clock_(clock), wake_(wake), station_(link), lease_(lease) {}

    void set_cable(bool in);
    bool cable() const { return cable_; }
    // Whether somebody hands out addresses; takes none back.
    void set_dhcp(bool serves);
    // Ends the lease, with the cable in; another one follows if there is DHCP.
    void end_lease();
    // start() fails.
    void set_broken(bool broken) { broken_ = broken; }
    std::string_view host_name() const { return host_name_; }
    bool has_address() const { return state_ == State::up; }
    // Back to unpowered, silently. The cable stays where it is.
    void power_off();

    Status start(std::string_view host_name) override;
    std::optional<chip::WireEvent> next_event() override;

    std::optional<Instant> due() const override { return due_; }
    void poll() override;

private:
    enum class State : std::uint8_t { off, no_carrier, carrier, up };

    void look();
    void ask();
    void emit(const chip::WireEvent& event);

    const chip::Clock& clock_;
    chip::Wake& wake_;
    StationLink& station_;
    chip::AddressConfig lease_;
    WireTiming timing_;
    std::string host_name_;
    State state_ = State::off;
    std::optional<Instant> due_;
    bool cable_ = false;
    bool dhcp_ = true;
    bool broken_ = false;
    FixedQueue<chip::WireEvent, 64> events_;
};

}  // namespace esb::vchip
