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

    Status start(std::string_view, std::string_view) override;
#if ESB_WIFI_ENTERPRISE
    void set_trust(chip::EnterpriseTrust&) override {}
#endif
    Status join(const chip::StationConfig& network) override;
    Status leave() override;
    std::optional<chip::Link> link() const override { return associated ? std::optional(present) : std::nullopt; }
    Status set_power_save(chip::PowerSave mode) override;
    Status start_scan() override;
    std::size_t scan_results(std::span<chip::ScanEntry> out) const override;
    Status start_access_point(const chip::AccessPointConfig& config) override;
    Status stop_access_point() override;
    std::size_t access_point_clients(std::span<chip::Mac> out) const override;
    std::optional<chip::RadioEvent> next_event() override;

    void say(Kind kind) { events.push_back({.kind = kind, .ip = {}}); }
    void joined();
    void address(chip::IpAddress ip) { events.push_back({.kind = Kind::station_address, .ip = {ip, {}, {}, {}}}); }
    void left(chip::DisconnectReason reason);
    void phone(bool here);
    // A scan ends and has heard these, strongest first.
    void scanned(std::initializer_list<std::pair<std::string_view, int>> heard);

    // The same with the last byte of each access point's address.
    struct Heard {
        std::string_view ssid;
        std::uint8_t spot;
        int rssi;
    };
    void scanned_spots(std::initializer_list<Heard> heard);
    // Where the station is joined, and how it hears that.
    void joined_to(std::uint8_t spot, int rssi);

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
    Status fill(MutBytes out) override;
    Status outcome;

private:
    std::uint8_t value_;
};

}  // namespace esb::test
