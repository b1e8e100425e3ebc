#include "esb/wifi/supervisor.hpp"

#include <array>
#include <cstring>

namespace esb::wifi {

using chip::DisconnectReason;
using chip::RadioEvent;

std::string_view name(State state) {
    constexpr std::string_view names[] = {"off", "no network set",      "joining", "waiting for an address",
                                          "up",  "waiting to try again"};
    return names[static_cast<std::size_t>(state)];
}

Supervisor::Supervisor(chip::Radio& radio, chip::Entropy& entropy, Listener& listener, const Timing& timing)
    : radio_(radio), entropy_(entropy), listener_(listener), timing_(timing) {}

Status Supervisor::start(std::string_view country, std::string_view host_name) {
    ESB_TRY(radio_.start(country, host_name));
    state_ = State::unconfigured;
    return {};
}

void Supervisor::use(const chip::StationConfig& network, Instant now) {
    network_ = network;
    if (state_ == State::off) return;
    backoff_.reset();
    deadline_.reset();
    address_ = {};
    if (network_.ssid.empty()) {
        static_cast<void>(radio_.leave());
        state_ = State::unconfigured;
        return;
    }
    join(now);
}

void Supervisor::step(Instant now) {
    while (const auto event = radio_.next_event()) handle(*event, now);
    if (!deadline_ || now < *deadline_) return;
    switch (state_) {
        case State::joining:
            return give_up(DisconnectReason::network_not_found, now);
        case State::no_address:
            return give_up(DisconnectReason::no_address, now);
        case State::waiting:
            return join(now);
        case State::off:
        case State::unconfigured:
        case State::up:
            deadline_.reset();
    }
}

void Supervisor::handle(const RadioEvent& event, Instant now) {
    const bool expecting = state_ == State::joining || state_ == State::no_address || state_ == State::up;
    switch (event.kind) {
        case RadioEvent::Kind::station_joined:
            if (state_ != State::joining) return;
            state_ = State::no_address;
            deadline_ = now + timing_.address_timeout;
            return;
        case RadioEvent::Kind::station_address:
            if (!expecting) return;
            state_ = State::up;
            deadline_.reset();
            backoff_.reset();
            address_ = event.ip;
            listener_.on_link_up(network_.ssid, address_);
            return;
        case RadioEvent::Kind::station_left:
            // "requested" is the echo of our own leave() or of a join() that replaced another.
            if (!expecting || event.reason == DisconnectReason::requested) return;
            give_up(event.reason, now);
            return;
        case RadioEvent::Kind::scan_done:
        case RadioEvent::Kind::access_point_started:
        case RadioEvent::Kind::access_point_stopped:
        case RadioEvent::Kind::client_joined:
        case RadioEvent::Kind::client_left:
            return;
    }
}

void Supervisor::join(Instant now) {
    state_ = State::joining;
    deadline_ = now + timing_.join_timeout;
    if (!radio_.join(network_)) give_up(DisconnectReason::unknown, now);
}

void Supervisor::give_up(DisconnectReason reason, Instant now) {
    if (state_ == State::joining || state_ == State::no_address) static_cast<void>(radio_.leave());
    std::array<std::uint8_t, 4> random{};
    static_cast<void>(entropy_.fill(random));  // without entropy the wait is only less spread
    std::uint32_t number = 0;
    std::memcpy(&number, random.data(), sizeof number);
    const auto wait = backoff_.next(number);
    state_ = State::waiting;
    deadline_ = now + wait;
    address_ = {};
    last_reason_ = reason;
    listener_.on_link_down(network_.ssid, reason, wait);
}

}  // namespace esb::wifi
