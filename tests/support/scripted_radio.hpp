// A radio whose events the test writes: for state machines that must see every order of them.
#pragma once

#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace esb::test {

class ScriptedRadio : public chip::Radio {
public:
    using Kind = chip::RadioEvent::Kind;

    Status start(std::string_view, std::string_view) override {
        ++starts;
        return start_outcome;
    }
    Status join(const chip::StationConfig& network) override {
        joins.push_back(network);
        associated = false;
        return join_outcome;
    }
    Status leave() override {
        ++leaves;
        associated = false;
        return {};
    }
    std::optional<chip::Link> link() const override { return associated ? std::optional(present) : std::nullopt; }
    Status set_power_save(chip::PowerSave mode) override {
        power_saves.push_back(mode);
        return {};
    }
    Status start_scan() override {
        ++scans;
        return scan_outcome;
    }
    std::size_t scan_results(std::span<chip::ScanEntry> out) const override {
        const auto count = std::min(out.size(), air.size());
        std::copy_n(air.begin(), count, out.begin());
        return count;
    }
    Status start_access_point(const chip::AccessPointConfig& config) override {
        access_points.push_back(config);
        return access_point_outcome;
    }
    Status stop_access_point() override {
        ++stops;
        return {};
    }
    std::size_t access_point_clients(std::span<chip::Mac> out) const override {
        return std::min<std::size_t>(phones, out.size());
    }
    std::optional<chip::RadioEvent> next_event() override {
        if (events.empty()) return std::nullopt;
        const auto event = events.front();
        events.pop_front();
        return event;
    }

    void say(Kind kind) { events.push_back({.kind = kind, .ip = {}}); }
    void joined() {
        associated = true;
        say(Kind::station_joined);
    }
    void address(chip::IpAddress ip) { events.push_back({.kind = Kind::station_address, .ip = {ip, {}, {}, {}}}); }
    void left(chip::DisconnectReason reason) {
        associated = false;
        events.push_back({.kind = Kind::station_left, .reason = reason, .ip = {}});
    }
    void phone(bool here) {
        phones = here ? 1 : 0;
        say(here ? Kind::client_joined : Kind::client_left);
    }
    // A scan ends and has heard these, strongest first.
    void scanned(std::initializer_list<std::pair<std::string_view, int>> heard) {
        air.clear();
        for (const auto& [ssid, rssi] : heard) {
            air.emplace_back();
            static_cast<void>(air.back().ssid.assign(ssid));
            air.back().rssi = static_cast<std::int8_t>(rssi);
        }
        say(Kind::scan_done);
    }

    // The same with the last byte of each access point's address.
    struct Heard {
        std::string_view ssid;
        std::uint8_t spot;
        int rssi;
    };
    void scanned_spots(std::initializer_list<Heard> heard) {
        air.clear();
        for (const auto& one : heard) {
            air.emplace_back();
            static_cast<void>(air.back().ssid.assign(one.ssid));
            air.back().bssid = {2, 0, 0, 0, 0, one.spot};
            air.back().rssi = static_cast<std::int8_t>(one.rssi);
        }
        say(Kind::scan_done);
    }
    // Where the station is joined, and how it hears that.
    void joined_to(std::uint8_t spot, int rssi) {
        present.bssid = {2, 0, 0, 0, 0, spot};
        present.rssi = static_cast<std::int8_t>(rssi);
    }

    chip::Link present{};
    Status start_outcome;
    Status join_outcome;
    Status scan_outcome;
    Status access_point_outcome;
    std::vector<chip::StationConfig> joins;
    std::vector<chip::AccessPointConfig> access_points;
    std::vector<chip::PowerSave> power_saves;
    std::vector<chip::ScanEntry> air;
    int starts = 0, leaves = 0, scans = 0, stops = 0;
    unsigned phones = 0;
    bool associated = false;
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
