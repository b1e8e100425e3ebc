// Which of the known networks to try next. Pure: it knows what was tried, refused and heard, and touches no radio.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"
#include "esb/wifi/policy.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace esb::wifi {

inline constexpr std::size_t networks_max = 4;

struct KnownNetwork {
    chip::StationConfig station;  // an empty SSID is no network
    std::int8_t priority = 0;     // the higher is tried first among those that are heard, whatever their strength
};

// Tries go in rounds: each known network at most once a round. Order: the last good one, unless it failed since; then
// (after a scan, if more than one is left) those on which the broker was never missed, or longest ago; those heard or
// hidden before the others; higher priority, stronger signal, order of the list. A network that refused its password is put aside, for
// longer each time; when all are put aside, the one that returns first is tried nevertheless: nothing is lost by it.
//
// A network of several access points is tried at each of those that were heard, the strongest first, before its turn in
// the round is over. A first try needs no scan, and is the driver's choice; once it failed, the next round scans.
class Chooser {
public:
    explicit Chooser(const Policy& policy) : policy_(policy) {}

    // Replaces the list; more than networks_max are cut off. False: it is the same list. A network that stays keeps
    // its history, unless it failed: whoever changes the list wants it tried.
    bool set(std::span<const KnownNetwork> networks);
    // Where this very configuration stands in the list.
    std::optional<std::size_t> find(const chip::StationConfig& station) const;
    // The first one of this name.
    std::optional<std::size_t> find(const chip::Ssid& ssid) const;
    std::size_t size() const { return size_; }
    const chip::StationConfig& at(std::size_t index) const { return entries_[index].known.station; }
    // What to ask of the radio: the network, with the access point whose turn it is if there are several.
    chip::StationConfig target(std::size_t index) const;

    enum class Step : std::uint8_t { none_known, scan, join, round_over };
    struct Choice {
        Step step;
        std::size_t index = 0;  // join
    };
    void begin_round();
    // A network that is named counts as tried in this round.
    Choice next(Instant now);
    // Not (again) in this round.
    void pass_over(std::size_t index) { entries_[index].tried = true; }
    // What the scan of this round heard; empty when it failed.
    void heard(std::span<const chip::ScanEntry> list);
    // Another network than `present` that may be tried was heard, or is hidden.
    bool other_heard(std::size_t present, Instant now) const;

    // Of this network the strongest that was heard is another one than `present`, and at least this strong.
    bool stronger_heard(std::size_t index, const chip::Mac& present, int least) const;

    // What became of the network. The first says that another of its access points is still to be tried in this round;
    // then nothing is said against the network yet, and it is the next to be chosen.
    bool goes_on(std::size_t index);
    void failed(std::size_t index) { entries_[index].failed = true; }
    // A scan comes before its next try: perhaps there are several access points.
    void look_around(std::size_t index) { entries_[index].look_around = true; }
    // A scan of this round told which access points there are.
    bool scanned() const { return scanned_; }
    void refused(std::size_t index, Instant now);
    // Somebody wants all of them tried now, whatever became of them before.
    void forgive();
    void settled(std::size_t index);
    void broker_reached(std::size_t index) { entries_[index].missed_at = {}; }
    void broker_missed(std::size_t index, Instant now) { entries_[index].missed_at = now; }
    // The last network that settled; make it the first one known after a restart by naming it here.
    std::optional<std::size_t> last_good() const { return last_good_; }
    void set_last_good(std::optional<std::size_t> index) { last_good_ = index; }

private:
    static constexpr std::int8_t not_heard = -128;

    static constexpr std::size_t spots_max = 4;
    struct Spot {  // an access point
        chip::Mac bssid{};
        std::int8_t rssi = not_heard;
    };

    struct Entry {
        KnownNetwork known;
        FixedVector<Spot, spots_max> spots;  // still to be tried in this round, strongest first
        Instant aside_until{};
        Instant missed_at{};  // the broker; zero: it was not
        std::int8_t rssi = not_heard;
        std::uint8_t refusals = 0;  // since it was last good
        bool tried = false;         // in this round
        bool failed = false;        // since it was last good
        bool look_around = false;   // a scan is due before the next try
        bool several = false;       // access points were heard in this round
        bool under_way = false;     // one of them failed, the next one is due
        bool audible() const { return rssi != not_heard || known.station.hidden; }
    };

    bool candidate(const Entry& entry, Instant now) const { return !entry.tried && now >= entry.aside_until; }
    static bool before(const Entry& a, const Entry& b);
    std::size_t first_to_return() const;
    Choice join_or_scan(std::size_t index);
    Choice join(std::size_t index);
    static void note_spot(Entry& entry, const chip::ScanEntry& found);

    const Policy& policy_;
    std::array<Entry, networks_max> entries_{};
    std::size_t size_ = 0;
    std::optional<std::size_t> last_good_;
    bool scanned_ = false;
};

}  // namespace esb::wifi
