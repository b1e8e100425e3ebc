#include "esb/wifi/wired_link.hpp"

#include "esb/base/trace.hpp"

namespace esb::wifi {

using chip::DisconnectReason;

Status WiredLink::start(std::string_view host_name, Instant now) {
    if (wire_ == nullptr) return {};
    host_name_ = host_name;
    const auto started = wire_->start(host_name_);
    take(started ? WireEvent::started : WireEvent::refused, now);
    return started;
}

bool WiredLink::take(WireEvent event, Instant now) {
    const auto from = state();
    if (!machine_.take(event, witness_)) return false;
    if (trace::on()) trace::state("wire", name(from), name(event), name(state()));
    switch (state()) {
        case WireState::off:
            deadline_ = now + backoff_.next(chip::spreading_number(entropy_));
            return true;
        case WireState::no_cable:
        case WireState::serving:
            deadline_.reset();
            return true;
        case WireState::no_address:
            deadline_.reset();
            if (from != WireState::no_address) deadline_ = after(now, policy_.address_timeout);
            return true;
        case WireState::spare:
            if (from != WireState::spare) deadline_ = after(now, policy_.wire_settle_time);
            return true;
    }
    return true;
}

void WiredLink::step(Instant now) {
    if (wire_ == nullptr) return;
    while (const auto event = wire_->next_event()) handle(*event, now);
    if (state() == WireState::spare && !radio_up_ && take(WireEvent::needed, now)) listener_.on_wire_up(address_);
    if (const auto at = deadline(); at && now >= *at) on_time_up(now);
}

// A change that waits for an update is due when the update has ended, of which the reactor's next turn tells.
std::optional<Instant> WiredLink::deadline() const {
    return state() == WireState::spare && held_ ? std::nullopt : deadline_;
}

void WiredLink::on_time_up(Instant now) {
    switch (state()) {
        case WireState::off:
            static_cast<void>(start(host_name_, now));  // again later
            return;
        case WireState::no_address:
            if (take(WireEvent::time_up, now)) listener_.on_wire_silent();
            return;
        default:
            if (take(WireEvent::time_up, now)) listener_.on_wire_up(address_);
    }
}

void WiredLink::handle(const chip::WireEvent& event, Instant now) {
    using Kind = chip::WireEvent::Kind;
    switch (event.kind) {
        case Kind::cable_in:
            take(WireEvent::cable_in, now);
            return;
        case Kind::address:
            if (!take(WireEvent::address, now)) return;  // the cable is out again
            address_ = event.ip;
            if (serves()) listener_.on_wire_up(address_);
            return;
        case Kind::cable_out:
            return lose(WireEvent::cable_out, DisconnectReason::cable_out, now);
        case Kind::address_lost:
            return lose(WireEvent::address_lost, DisconnectReason::no_address, now);
    }
}

void WiredLink::lose(WireEvent event, DisconnectReason reason, Instant now) {
    const bool served = serves();
    if (!take(event, now)) return;
    address_ = {};
    if (served) listener_.on_wire_down(reason);
}

}  // namespace esb::wifi
