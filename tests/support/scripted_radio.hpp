// A radio whose events the test writes: for state machines that must see every order of them.
#pragma once

#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"

#include <deque>
#include <vector>

namespace esb::test {

class ScriptedRadio : public chip::Radio {
public:
    Status start(std::string_view, std::string_view) override { return start_outcome; }
    Status join(const chip::StationConfig& network) override {
        joins.push_back(network);
        return join_outcome;
    }
    Status leave() override {
        ++leaves;
        return {};
    }
    std::optional<chip::Link> link() const override { return std::nullopt; }
    Status set_power_save(chip::PowerSave) override { return {}; }
    Status start_scan() override { return fail(errors::radio_failed); }
    std::size_t scan_results(std::span<chip::ScanEntry>) const override { return 0; }
    Status start_access_point(const chip::AccessPointConfig&) override { return fail(errors::radio_failed); }
    Status stop_access_point() override { return {}; }
    std::size_t access_point_clients(std::span<chip::Mac>) const override { return 0; }
    std::optional<chip::RadioEvent> next_event() override {
        if (events.empty()) return std::nullopt;
        const auto event = events.front();
        events.pop_front();
        return event;
    }

    void joined() { events.push_back({.kind = chip::RadioEvent::Kind::station_joined, .ip = {}}); }
    void address(chip::IpAddress ip) {
        events.push_back({.kind = chip::RadioEvent::Kind::station_address, .ip = {ip, {}, {}, {}}});
    }
    void left(chip::DisconnectReason reason) {
        events.push_back({.kind = chip::RadioEvent::Kind::station_left, .reason = reason, .ip = {}});
    }

    Status start_outcome;
    Status join_outcome;
    std::vector<chip::StationConfig> joins;
    int leaves = 0;
    std::deque<chip::RadioEvent> events;
};

// Entropy that is a constant byte, so that back-off is predictable.
class FixedEntropy : public chip::Entropy {
public:
    explicit FixedEntropy(std::uint8_t value) : value_(value) {}
    Status fill(MutBytes out) override {
        for (auto& byte : out) byte = value_;
        return outcome;
    }
    Status outcome;

private:
    std::uint8_t value_;
};

}  // namespace esb::test
