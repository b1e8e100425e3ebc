#include "esb/chip/esp32/radio_events.hpp"

namespace esb::chip::esp32 {

namespace {

bool is_client(const RadioEvent& event) {
    return event.kind == RadioEvent::Kind::client_joined || event.kind == RadioEvent::Kind::client_left;
}

bool is_station(const RadioEvent& event) {
    return event.kind == RadioEvent::Kind::station_joined || event.kind == RadioEvent::Kind::station_address ||
           event.kind == RadioEvent::Kind::station_left;
}

}  // namespace

void RadioEvents::push(const RadioEvent& event) {
    if (events_.full()) {
        std::size_t victim = 0;
        while (victim < events_.size() && !is_client(events_[victim])) ++victim;
        events_.erase(victim < events_.size() ? victim : 0);
    }
    static_cast<void>(events_.push_back(event));  // there is room now
}

std::optional<RadioEvent> RadioEvents::pop() {
    if (events_.empty()) return std::nullopt;
    const RadioEvent first = events_[0];
    events_.erase(0);
    return first;
}

void RadioEvents::forget_station() {
    for (std::size_t i = events_.size(); i > 0; --i) {
        if (is_station(events_[i - 1])) events_.erase(i - 1);
    }
}

}  // namespace esb::chip::esp32
