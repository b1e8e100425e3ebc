// Keeps the device reachable: which network now, when to try again, when the set-up access point is on the air. Two
// state machines (states.hpp, docs/wifi-states.md) over radio events and time; owns no clock, never blocks, and never
// gives up.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/features.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"
#include "esb/wifi/chooser.hpp"
#include "esb/wifi/errors.hpp"
#include "esb/wifi/policy.hpp"
#include "esb/wifi/portal_window.hpp"
#include "esb/wifi/states.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::wifi {

// Called last in whatever caused it. May call the supervisor back. A link by cable has no name: its SSID is empty.
class Listener : public PortalListener {
public:
    virtual void on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) = 0;
    // Also for a try that failed. `next_try` is how long the supervisor will wait; zero: it goes on at once.
    virtual void on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) = 0;
};

// What the device's owner knows about the broker.
enum class Broker : std::uint8_t {
    unused,   // none is set
    sought,   // set, and not reached now
    reached,  // the MQTT round trip succeeded
};

class Supervisor {
public:
    static constexpr Duration scan_limit = std::chrono::seconds(15);  // after which a scan has brought nothing

    // `policy` must outlive it. `witness` may be null.
    Supervisor(chip::Radio& radio, chip::Entropy& entropy, Listener& listener, const Policy& policy,
               Witness* witness = nullptr);

    // Starts the radio. A radio that fails (radio_failed) is started again by step(), so both texts must live on.
    // Other texts need another start, which is the caller's business: on real chips a restart.
    Status start(std::string_view country, std::string_view host_name, Instant now);

    // The networks to be on, at most networks_max; one with an empty SSID is none. The present link stays if its
    // network is still in the list as it is; otherwise it ends and a round of tries begins at once, also while a phone
    // is at the access point.
    void use(std::span<const KnownNetwork> networks, Instant now);
    void use(const chip::StationConfig& network, Instant now);
    // A round of tries begins at once, also while a phone is at the access point; networks that refused their password
    // are tried again. Nothing while the link is up or a round is under way.
    void try_now(Instant now);
    // The same with this network first, also when another one is joined or tried: that one is left. Nothing when it is
    // joined already; try_now() when it is not among the known.
    void try_first(const chip::Ssid& ssid, Instant now);
    // The last good network as it was remembered over a restart: it is tried first, without a scan. Before the first
    // use(), or later.
    void remember(const chip::Ssid& last_good);
    // How the network was joined before a deep sleep: it is tried first, there, once; if that fails, or an address from then
    // has not led to the broker in time, as if nobody had known. After remember(), before the first use().
    void resume(const chip::KnownLink& link);
    // The present link, or try, is that.
    bool resumed() const { return with_deep_sleep && by_known_; }
    // The link as it may be resumed after `sleep`; empty unless it has led to the broker. The address only while half of its
    // lease is not over by then.
    std::optional<chip::KnownLink> link_after(Duration sleep, Instant now) const;
    // What to remember; null when none has settled yet.
    const chip::Ssid* last_good() const;

    // Something is under way that a change of the access point would disturb (an update).
    void hold_link(bool hold) { link_held_ = hold; }

    // The wire serves from now on, or goes on with another address: the station leaves and rests.
    void wire_up(const chip::AddressConfig& ip, Instant now);
    // It does not any more: a round of tries begins.
    void wire_down(chip::DisconnectReason reason, Instant now);

    void set_broker(Broker broker, Instant now);
    // The device has been on line: from now on the portal opens by itself only if the policy says so.
    void set_commissioned(bool commissioned) { portal_.set_commissioned(commissioned); }
    void set_access_point(const chip::AccessPointConfig& config) { portal_.set_access_point(config); }
    // Button or console; also while joined. wifi_no_portal. Opened already: its time starts anew.
    Status open_portal(Instant now);
    void close_portal(Instant now) { portal_.unask(now); }
    // Somebody is at work on the pages, and has not succeeded yet: the link alone does not close the portal.
    void hold_portal(bool hold, Instant now) { portal_.hold(hold, now); }
    // The page has shown how the set-up ended.
    void portal_result_shown(Instant now) { portal_.result_shown(now); }

    // Takes the radio's events and does what is due.
    void step(Instant now);
    std::optional<Instant> deadline() const {
        return earliest(earliest(deadline_, lease_over_at()), portal_.deadline());
    }

    State state() const { return machine_.state(); }
    PortalState portal() const { return portal_.state(); }
    // When the portal closes by itself; empty while it is closed.
    std::optional<Instant> portal_closes_at() const { return portal_.closes_at(); }
    // There is an address, by radio or by cable.
    bool is_up() const { return is_up(state()); }
    // By radio.
    bool is_joined() const { return is_joined(state()); }
    // By cable.
    bool is_wired() const { return is_wired(state()); }
    const chip::AddressConfig& address() const { return address_; }
    // Of the network that is joined or was tried last; empty when none is known.
    std::string_view ssid() const {
        return chooser_.size() == 0 ? std::string_view() : chooser_.at(present_).ssid.view();
    }
    // Scans that have ended since the start; their results are the radio's.
    std::uint32_t scans() const { return scans_; }
    chip::DisconnectReason last_reason() const { return last_reason_; }

private:
    static bool is_up(State state) { return is_joined(state) || is_wired(state); }
    static bool is_wired([[maybe_unused]] State state) {
#if ESB_ETHERNET
        return state == State::wired;
#else
        return false;
#endif
    }
    static bool is_joined(State state) {
        return state == State::fresh || state == State::up || state == State::looking || state == State::roaming;
    }
    // No code where nothing sleeps.
    bool keeps_address() const { return with_deep_sleep && known_address_; }
    // When DHCP has to be asked after all: its client knows nothing of an address from before a sleep.
    std::optional<Instant> lease_over_at() const {
        const bool watched = keeps_address() && (state() == State::fresh || state() == State::up);
        return watched ? lease_until_ : std::nullopt;
    }
    static bool is_trying(State state) { return state == State::joining || state == State::no_address; }

    bool take(Event event, Instant now);
    void enter(State from, Event event, Instant now);
    void note_link(Instant now);
    // A device without a broker that is up by cable still wants to be set up: there its page is open for more than a link.
    bool wants_set_up() const { return is_wired() && broker_ == Broker::unused; }
    void choose(Instant now);
    void recall();
    // A round begins at once; the present link or try is over.
    void begin_anew(bool leave, Instant now);
    Status start_radio(Instant now);
    void start_scan(Instant now);
    void join(Instant now);
    chip::StationConfig by_what_is_known(chip::StationConfig network, Instant now);
    void note_address(const chip::RadioEvent& event, Instant now);
    void watch_lease(Instant now);
    void settle(Instant now);
    void forget_patience();
    void set_patience(Instant now);

    void handle(const chip::RadioEvent& event, Instant now);
    void on_left(chip::DisconnectReason reason, Instant now);
    void on_scan_done(Instant now);
    void look_for_another(std::span<const chip::ScanEntry> found, Instant now);
    void look_for_stronger(std::span<const chip::ScanEntry> found, Instant now);
    void watch_signal(Instant now);
    void note_failure(Event event, chip::DisconnectReason reason, Instant now);
    void on_time_up(Instant now);
    void count_phones(Instant now);
    // The present try or link ends: `event` says how, `reason` why.
    void end(Event event, chip::DisconnectReason reason, Instant now);

    chip::Radio& radio_;
    chip::Entropy& entropy_;
    Listener& listener_;
    const Policy& policy_;
    Witness* witness_;
    Machine<State, Event> machine_{link_rows(), State::off};
    Chooser chooser_;
    PortalWindow portal_;
    Backoff backoff_;
    chip::Ssid remembered_;
    std::optional<chip::KnownLink> known_;  // until the first try
    bool by_known_ = false;                 // the present try or link came about by it,
    bool known_address_ = false;            // without DHCP
    std::optional<Instant> lease_until_;    // half of it, of an address by DHCP
    std::string_view country_;
    std::string_view host_name_;
    std::uint32_t scans_ = 0;
    std::size_t present_ = 0;  // in the chooser's list; counts while trying or up
    chip::AddressConfig address_;
#if ESB_ETHERNET
    std::optional<chip::AddressConfig> wire_;  // while it serves
#endif
    chip::DisconnectReason last_reason_ = chip::DisconnectReason::unknown;
    std::optional<Instant> deadline_;
    std::optional<Instant> missing_since_;  // no link that has settled since then
    Duration patience_{};
    std::optional<Instant> broker_missing_since_;  // an address, but no broker; begins anew when another was looked for
    Broker broker_ = Broker::unused;
    chip::PowerSave power_save_ = chip::PowerSave::none;
    bool power_save_set_ = false;
    bool phone_ = false;         // at the access point
    bool insist_ = false;        // this round goes on although a phone is here
    bool link_held_ = false;
    Instant roam_at_{};          // the signal is not looked at before
    bool join_refused_ = false;  // by the radio: the try ends at the next step
};

}  // namespace esb::wifi
