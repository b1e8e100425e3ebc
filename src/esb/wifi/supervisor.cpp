#include "esb/wifi/supervisor.hpp"

#include <algorithm>
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

void Supervisor::use(std::span<const chip::StationConfig> networks, Instant now) {
    const bool busy = state_ != State::off && state_ != State::unconfigured;
    if (busy && std::equal(networks.begin(), networks.end(), networks_.begin(), networks_.end())) return;
    const auto present = networks_[at_];
    networks_.clear();
    at_ = 0;
    bool stays = false;
    for (const auto& network : networks) {
        if (network.ssid.empty() || networks_.full()) continue;
        if (state_ == State::up && network == present) {
            at_ = networks_.size();
            stays = true;
        }
        static_cast<void>(networks_.push_back(network));  // there is room
    }
    if (state_ == State::off || stays) return;
    backoff_.reset();
    deadline_.reset();
    address_ = {};
    if (networks_.empty()) {
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
            listener_.on_link_up(ssid(), address_);
            return;
        case RadioEvent::Kind::station_left:
            // "requested" is the echo of our own leave() or of a join() that replaced another.
            if (!expecting || event.reason == DisconnectReason::requested) return;
            give_up(event.reason, now);
            return;
        case RadioEvent::Kind::scan_done:
            ++scans_;
            return;
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
    if (!radio_.join(networks_[at_])) give_up(DisconnectReason::unknown, now);
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
    const auto left = ssid();
    at_ = (at_ + 1) % networks_.size();
    listener_.on_link_down(left, reason, wait);
}

}  // namespace esb::wifi
