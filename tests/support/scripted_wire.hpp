// A wire whose events the test writes.
#pragma once

#include "esb/chip/wire.hpp"

#include <deque>

namespace esb::test {

class ScriptedWire : public chip::Wire {
public:
    using Kind = chip::WireEvent::Kind;

    Status start(std::string_view) override {
        ++starts;
        return start_outcome;
    }
    std::optional<chip::WireEvent> next_event() override {
        if (events.empty()) return std::nullopt;
        const auto event = events.front();
        events.pop_front();
        return event;
    }

    void say(Kind kind) { events.push_back({.kind = kind, .ip = {}}); }
    void address(std::uint8_t last) {
        events.push_back({.kind = Kind::address, .ip = {chip::IpAddress::v4(10, 0, 0, last), {}, {}, {}}});
    }

    Status start_outcome;
    int starts = 0;
    std::deque<chip::WireEvent> events;
};

}  // namespace esb::test
