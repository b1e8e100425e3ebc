// What the supervisor does when a cable serves instead of the radio.
#include "esb/wifi/supervisor.hpp"

#include <utility>

namespace esb::wifi {

using chip::DisconnectReason;

void Supervisor::wire_up(const chip::AddressConfig& ip, Instant now) {
    const bool was_joined = is_joined();
    const auto left = was_joined ? chooser_.at(present_).ssid : chip::Ssid();
    wire_ = ip;
    if (!take(Event::wire_up, now)) begin_anew(was_joined || is_trying(state()), now);
    if (was_joined) listener_.on_link_down(left, DisconnectReason::requested, Duration(0));
    if (is_wired()) listener_.on_link_up({}, address_);
}

void Supervisor::wire_down(DisconnectReason reason, Instant now) {
    if (!std::exchange(wire_, std::nullopt) || !is_wired()) return;
    last_reason_ = reason;
    missing_since_ = now;
    chooser_.begin_round();
    take(Event::wire_down, now);
    listener_.on_link_down({}, reason, Duration(0));
}

}  // namespace esb::wifi
