// Keeps the station joined: a state machine over radio events and time. It owns no clock and never blocks.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::wifi {

enum class State : std::uint8_t {
    off,           // start() not called, or the radio does not work
    unconfigured,  // no network is known
    joining,       // asked the radio, no outcome yet
    no_address,    // associated, waiting for DHCP
    up,            // has an address
    waiting,       // back-off before the next try
};
std::string_view name(State state);

// Called from step(). May call the supervisor back.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) = 0;
    // Also for a try that failed; `next_try` is how long the supervisor will wait.
    virtual void on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) = 0;
};

struct Timing {
    Duration join_timeout = std::chrono::seconds(20);     // until associated
    Duration address_timeout = std::chrono::seconds(20);  // from associated to an address
};

// Reactor's task only.
class Supervisor {
public:
    Supervisor(chip::Radio& radio, chip::Entropy& entropy, Listener& listener, const Timing& timing = {});

    // Starts the radio. radio_failed.
    Status start(std::string_view country, std::string_view host_name);
    static constexpr std::size_t max_networks = 4;

    // The networks to choose from, the preferred one first; those without a name, and those beyond max_networks, are
    // left out. After a failed try comes the next one. A link to a network that is still among them stays.
    void use(std::span<const chip::StationConfig> networks, Instant now);
    void use(const chip::StationConfig& network, Instant now) { use(std::span(&network, 1), now); }

    // Takes the radio's events and does what is due.
    void step(Instant now);
    std::optional<Instant> deadline() const { return deadline_; }

    State state() const { return state_; }
    const chip::AddressConfig& address() const { return address_; }
    const chip::Ssid& ssid() const { return networks_[at_].ssid; }
    chip::DisconnectReason last_reason() const { return last_reason_; }
    // Scans that have ended since the start; their results are the radio's.
    std::uint32_t scans() const { return scans_; }

private:
    void handle(const chip::RadioEvent& event, Instant now);
    void join(Instant now);
    void give_up(chip::DisconnectReason reason, Instant now);

    chip::Radio& radio_;
    chip::Entropy& entropy_;
    Listener& listener_;
    Timing timing_;
    Backoff backoff_;
    State state_ = State::off;
    std::uint32_t scans_ = 0;
    FixedVector<chip::StationConfig, max_networks> networks_;
    std::size_t at_ = 0;
    chip::AddressConfig address_;
    chip::DisconnectReason last_reason_ = chip::DisconnectReason::unknown;
    std::optional<Instant> deadline_;
};

}  // namespace esb::wifi
