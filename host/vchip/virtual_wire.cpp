#include "host/vchip/virtual_wire.hpp"

#include "esb/base/trace.hpp"

namespace esb::vchip {

using WireKind = chip::WireEvent::Kind;

void VirtualWire::set_cable(bool in) {
    if (in == cable_) return;
    cable_ = in;
    trace::event("net", in ? "cable-in" : "cable-out", {});
    if (state_ != State::off) look();
}

void VirtualWire::set_dhcp(bool serves) {
    dhcp_ = serves;
    if (state_ == State::carrier) ask();
}

void VirtualWire::end_lease() {
    if (state_ != State::up) return;
    state_ = State::carrier;
    station_.wire = false;
    emit({.kind = WireKind::address_lost});
    ask();
}

void VirtualWire::power_off() {
    state_ = State::off;
    station_.wire = false;
    due_.reset();
    while (!events_.empty()) events_.pop();
}

Status VirtualWire::start(std::string_view host_name) {
    if (broken_) return fail(errors::wire_failed);
    host_name_ = host_name;
    if (state_ != State::off) return {};
    state_ = State::no_carrier;
    look();
    return {};
}

std::optional<chip::WireEvent> VirtualWire::next_event() {
    poll();
    if (events_.empty()) return std::nullopt;
    return events_.pop();
}

// A cable that went is noticed at once, one that came after the two ends have agreed.
void VirtualWire::look() {
    due_.reset();
    if (cable_ && state_ == State::no_carrier) due_ = clock_.now() + timing_.carrier;
    if (cable_ || state_ == State::no_carrier) return;
    state_ = State::no_carrier;
    station_.wire = false;
    emit({.kind = WireKind::cable_out});
}

void VirtualWire::ask() {
    due_ = dhcp_ ? std::optional(clock_.now() + timing_.address) : std::nullopt;
}

void VirtualWire::poll() {
    if (!due_ || clock_.now() < *due_) return;
    due_.reset();
    if (state_ == State::no_carrier) {
        state_ = State::carrier;
        emit({.kind = WireKind::cable_in});
        ask();
    } else if (state_ == State::carrier) {
        state_ = State::up;
        station_.wire = true;
        emit({.kind = WireKind::address, .ip = lease_});
    }
}

void VirtualWire::emit(const chip::WireEvent& event) {
    constexpr std::string_view names[] = {"carrier", "no-carrier", "wire-address", "wire-address-lost"};
    const auto name = names[static_cast<std::size_t>(event.kind)];
    if (event.kind == WireKind::address) {
        trace::event("net", name, {{"address", chip::to_text(event.ip.address).view()}});
    } else {
        trace::event("net", name, {});
    }
    // A driver whose queue nobody empties loses the oldest report, never the newest state.
    if (events_.full()) events_.pop();
    static_cast<void>(events_.push(event));
    wake_.wake();
}

}  // namespace esb::vchip
