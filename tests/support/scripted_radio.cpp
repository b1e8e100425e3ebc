#include "tests/support/scripted_radio.hpp"

namespace esb::test {

Status ScriptedRadio::start(std::string_view, std::string_view) {
    ++starts;
    return start_outcome;
}

Status ScriptedRadio::join(const chip::StationConfig& network) {
    joins.push_back(network);
    associated = false;
    return join_outcome;
}

Status ScriptedRadio::leave() {
    ++leaves;
    associated = false;
    return {};
}

Status ScriptedRadio::set_power_save(chip::PowerSave mode) {
    power_saves.push_back(mode);
    return {};
}

Status ScriptedRadio::start_scan() {
    ++scans;
    return scan_outcome;
}

std::size_t ScriptedRadio::scan_results(std::span<chip::ScanEntry> out) const {
    const auto count = std::min(out.size(), air.size());
    std::copy_n(air.begin(), count, out.begin());
    return count;
}

Status ScriptedRadio::start_access_point(const chip::AccessPointConfig& config) {
    access_points.push_back(config);
    return access_point_outcome;
}

Status ScriptedRadio::stop_access_point() {
    ++stops;
    return {};
}

std::size_t ScriptedRadio::access_point_clients(std::span<chip::Mac> out) const {
    return std::min<std::size_t>(phones, out.size());
}

std::optional<chip::RadioEvent> ScriptedRadio::next_event() {
    if (events.empty()) return std::nullopt;
    const auto event = events.front();
    events.pop_front();
    return event;
}

void ScriptedRadio::joined() {
    associated = true;
    say(Kind::station_joined);
}

void ScriptedRadio::left(chip::DisconnectReason reason) {
    associated = false;
    events.push_back({.kind = Kind::station_left, .reason = reason, .ip = {}});
}

void ScriptedRadio::phone(bool here) {
    phones = here ? 1 : 0;
    say(here ? Kind::client_joined : Kind::client_left);
}

void ScriptedRadio::scanned(std::initializer_list<std::pair<std::string_view, int>> heard) {
    air.clear();
    for (const auto& [ssid, rssi] : heard) {
        air.emplace_back();
        static_cast<void>(air.back().ssid.assign(ssid));
        air.back().rssi = static_cast<std::int8_t>(rssi);
    }
    say(Kind::scan_done);
}

void ScriptedRadio::scanned_spots(std::initializer_list<Heard> heard) {
    air.clear();
    for (const auto& one : heard) {
        air.emplace_back();
        static_cast<void>(air.back().ssid.assign(one.ssid));
        air.back().bssid = {2, 0, 0, 0, 0, one.spot};
        air.back().rssi = static_cast<std::int8_t>(one.rssi);
    }
    say(Kind::scan_done);
}

void ScriptedRadio::joined_to(std::uint8_t spot, int rssi) {
    present.bssid = {2, 0, 0, 0, 0, spot};
    present.rssi = static_cast<std::int8_t>(rssi);
}

Status FixedEntropy::fill(MutBytes out) {
    for (auto& byte : out) byte = value_;
    return outcome;
}

}  // namespace esb::test
