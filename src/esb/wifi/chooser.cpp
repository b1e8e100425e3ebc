#include "esb/wifi/chooser.hpp"

#include <algorithm>
#include <utility>

namespace esb::wifi {
namespace {

bool same(const chip::AddressConfig& a, const chip::AddressConfig& b) {
    return a.address == b.address && a.netmask == b.netmask && a.gateway == b.gateway && a.dns == b.dns;
}

bool same_enterprise([[maybe_unused]] const chip::StationConfig& a, [[maybe_unused]] const chip::StationConfig& b) {
#if ESB_WIFI_ENTERPRISE
    return a.enterprise == b.enterprise;
#else
    return true;
#endif
}

bool same(const chip::StationConfig& a, const chip::StationConfig& b) {
    return a.ssid == b.ssid && a.passphrase == b.passphrase && a.hidden == b.hidden && a.bssid == b.bssid &&
           same(a.ip, b.ip) && same_enterprise(a, b);
}

}  // namespace

bool Chooser::set(std::span<const KnownNetwork> networks) {
    std::array<Entry, networks_max> fresh{};
    std::size_t size = 0;
    std::optional<std::size_t> last_good;
    bool changed = false;
    for (const auto& network : networks) {
        if (network.station.ssid.empty() || size == networks_max) continue;
        const auto old = find(network.station);
        if (old && !entries_[*old].failed) fresh[size] = entries_[*old];
        if (old && old == last_good_) last_good = size;
        changed = changed || old != size || entries_[size].known.priority != network.priority;
        fresh[size++].known = network;
    }
    if (!changed && size == size_) return false;
    entries_ = fresh;
    size_ = size;
    last_good_ = last_good;
    begin_round();
    return true;
}

std::optional<std::size_t> Chooser::find(const chip::StationConfig& station) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (same(entries_[i].known.station, station)) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> Chooser::find(const chip::Ssid& ssid) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (at(i).ssid == ssid) return i;
    }
    return std::nullopt;
}

void Chooser::begin_round() {
    scanned_ = false;
    for (auto& entry : entries_) {
        entry.tried = false;
        entry.several = false;
        entry.under_way = false;
        entry.spots.clear();
        entry.rssi = not_heard;
    }
}

chip::StationConfig Chooser::target(std::size_t index) const {
    const auto& entry = entries_[index];
    auto station = entry.known.station;
    if (entry.several && !entry.spots.empty()) station.bssid = entry.spots[0].bssid;
    return station;
}

bool Chooser::goes_on(std::size_t index) {
    auto& entry = entries_[index];
    if (!entry.several || entry.spots.empty()) return false;
    entry.spots.erase(0);
    if (entry.spots.empty()) return false;
    entry.tried = false;
    entry.under_way = true;
    return true;
}

bool Chooser::stronger_heard(std::size_t index, const chip::Mac& present, int least) const {
    const auto& spots = entries_[index].spots;
    return !spots.empty() && spots[0].bssid != present && spots[0].rssi >= least;  // the strongest is joined
}

Chooser::Choice Chooser::next(Instant now) {
    if (size_ == 0) return {Step::none_known};
    std::size_t candidates = 0;
    std::size_t best = size_;
    bool none_tried = true;
    for (std::size_t i = 0; i < size_; ++i) {
        none_tried = none_tried && !entries_[i].tried;
        if (!candidate(entries_[i], now)) continue;
        ++candidates;
        if (best == size_ || before(entries_[i], entries_[best])) best = i;
    }
    // One whose access points are being tried in turn goes on.
    for (std::size_t i = 0; i < size_; ++i) {
        if (entries_[i].under_way && !entries_[i].tried) return join(i);
    }
    if (candidates == 0) return none_tried ? join_or_scan(first_to_return()) : Choice{Step::round_over};
    if (last_good_) {
        const auto& last = entries_[*last_good_];
        if (candidate(last, now) && !last.failed && last.missed_at == Instant{}) return join_or_scan(*last_good_);
    }
    if (candidates > 1 && !scanned_) return {Step::scan};
    return join_or_scan(best);
}

void Chooser::heard(std::span<const chip::ScanEntry> list) {
    scanned_ = true;
    for (std::size_t i = 0; i < size_; ++i) {
        auto& entry = entries_[i];
        entry.rssi = not_heard;
        entry.spots.clear();
        for (const auto& found : list) {
            const auto& wanted = entry.known.station;
            const bool it = found.ssid == wanted.ssid && (!wanted.bssid || *wanted.bssid == found.bssid);
            if (it) note_spot(entry, found);
        }
        entry.several = entry.spots.size() > 1;
    }
}

// Behind all that are as strong; the weakest has no place when there are too many.
void Chooser::note_spot(Entry& entry, const chip::ScanEntry& found) {
    entry.rssi = std::max(entry.rssi, found.rssi);
    auto& spots = entry.spots;
    for (std::size_t i = spots.size(); i-- > 0;) {
        if (spots[i].bssid != found.bssid) continue;
        if (spots[i].rssi >= found.rssi) return;
        spots.erase(i);
    }
    if (spots.full()) {
        if (spots[spots.size() - 1].rssi >= found.rssi) return;
        spots.erase(spots.size() - 1);
    }
    static_cast<void>(spots.push_back({found.bssid, found.rssi}));
    for (std::size_t i = spots.size() - 1; i > 0 && spots[i - 1].rssi < spots[i].rssi; --i) {
        std::swap(spots[i - 1], spots[i]);
    }
}

bool Chooser::other_heard(std::size_t present, Instant now) const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (i != present && now >= entries_[i].aside_until && entries_[i].audible()) return true;
    }
    return false;
}

void Chooser::refused(std::size_t index, Instant now) {
    auto& entry = entries_[index];
    entry.failed = true;
    const auto longest = policy_.refused_pause_max;
    auto pause = std::min(policy_.refused_pause, longest);
    for (unsigned i = 0; i < entry.refusals && pause < longest; ++i) pause = pause > longest / 2 ? longest : 2 * pause;
    entry.aside_until = after(now, pause);
    if (entry.refusals < 16) ++entry.refusals;
}

void Chooser::forgive() {
    for (auto& entry : entries_) {
        entry.aside_until = {};
        entry.missed_at = {};
        entry.refusals = 0;
        entry.failed = false;
        entry.look_around = false;
    }
}

void Chooser::settled(std::size_t index) {
    auto& entry = entries_[index];
    entry.failed = false;
    entry.look_around = false;
    entry.refusals = 0;
    last_good_ = index;
}

bool Chooser::before(const Entry& a, const Entry& b) {
    if (a.missed_at != b.missed_at) return a.missed_at < b.missed_at;
    if (a.audible() != b.audible()) return a.audible();
    if (a.known.priority != b.known.priority) return a.known.priority > b.known.priority;
    return a.rssi > b.rssi;
}

std::size_t Chooser::first_to_return() const {
    std::size_t first = 0;
    for (std::size_t i = 1; i < size_; ++i) {
        if (entries_[i].aside_until < entries_[first].aside_until) first = i;
    }
    return first;
}

Chooser::Choice Chooser::join_or_scan(std::size_t index) {
    if (entries_[index].look_around && !scanned_) return {Step::scan};
    return join(index);
}

Chooser::Choice Chooser::join(std::size_t index) {
    auto& entry = entries_[index];
    entry.tried = true;
    entry.under_way = false;
    entry.look_around = false;
    return {Step::join, index};
}

}  // namespace esb::wifi
