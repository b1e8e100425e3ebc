#include "esb/wifi/supervisor.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace esb::wifi {

using chip::DisconnectReason;
using chip::RadioEvent;

namespace {

// The strongest that a scan may hand over; known networks among the rest are tried without being ranked.
constexpr std::size_t scan_entries = 16;

// An access point answered, and did not let us in or keep us.
bool is_refusal(DisconnectReason reason) {
    return reason != DisconnectReason::network_not_found && reason != DisconnectReason::signal_lost &&
           reason != DisconnectReason::requested;
}

}  // namespace

Supervisor::Supervisor(chip::Radio& radio, chip::Entropy& entropy, Listener& listener, const Policy& policy,
                       Witness* witness)
    : radio_(radio),
      entropy_(entropy),
      listener_(listener),
      policy_(policy),
      witness_(witness),
      chooser_(policy),
      portal_(radio, policy, listener, witness),
      patience_(policy.broker_patience) {}

Status Supervisor::start(std::string_view country, std::string_view host_name, Instant now) {
    country_ = country;
    host_name_ = host_name;
    return start_radio(now);
}

void Supervisor::use(const chip::StationConfig& network, Instant now) {
    const KnownNetwork known{network, 0};
    use({&known, 1}, now);
}

void Supervisor::use(std::span<const KnownNetwork> networks, Instant now) {
    const bool was_up = is_joined();
    const bool busy = was_up || is_trying(state());
    const auto present = busy ? std::optional(chooser_.at(present_)) : std::nullopt;
    if (!chooser_.set(networks)) return;
    recall();
    portal_.networks_changed();
    forget_patience();
    const auto still = present ? chooser_.find(*present) : std::nullopt;
    if (still) {
        present_ = *still;
        if (state() == State::up) set_patience(now);  // there may be another network now, or none
        return;
    }
    begin_anew(busy, now);
    if (was_up) listener_.on_link_down(present->ssid, DisconnectReason::requested, Duration(0));
}

void Supervisor::begin_anew(bool leave, Instant now) {
    if (leave) static_cast<void>(radio_.leave());
    backoff_.reset();
    insist_ = true;
    take(Event::networks_changed, now);
}

void Supervisor::try_now(Instant now) {
    if (state() != State::waiting && state() != State::paused) return;
    chooser_.forgive();
    chooser_.begin_round();
    begin_anew(false, now);
}

void Supervisor::try_first(const chip::Ssid& ssid, Instant now) {
    const auto wanted = chooser_.find(ssid);
    const bool was_up = is_joined();
    const bool busy = was_up || is_trying(state());
    if (!wanted || (busy && present_ == *wanted)) return try_now(now);
    const auto left = busy ? chooser_.at(present_).ssid : chip::Ssid();
    chooser_.set_last_good(*wanted);
    chooser_.forgive();
    chooser_.begin_round();
    begin_anew(busy, now);
    if (was_up) listener_.on_link_down(left, DisconnectReason::requested, Duration(0));
}

void Supervisor::remember(const chip::Ssid& last_good) {
    remembered_ = last_good;
    recall();
}

void Supervisor::recall() {
    if (chooser_.last_good() || remembered_.empty()) return;
    for (std::size_t i = 0; i < chooser_.size(); ++i) {
        if (chooser_.at(i).ssid == remembered_) return chooser_.set_last_good(i);
    }
}

void Supervisor::resume(const chip::KnownLink& link) {
    remember(link.ssid);
    known_ = link;
}

std::optional<chip::KnownLink> Supervisor::link_after(Duration sleep, Instant now) const {
    const auto link = radio_.link();
    if (!is_joined() || broker_ != Broker::reached || !link) return std::nullopt;
    chip::KnownLink known{chooser_.at(present_).ssid, link->bssid, link->channel, {}, {}};
    if (!lease_until_ || *lease_until_ - now <= sleep) return known;
    known.ip = address_;
    known.lease = *lease_until_ - now - sleep;
    return known;
}

const chip::Ssid* Supervisor::last_good() const {
    const auto index = chooser_.last_good();
    return index ? &chooser_.at(*index).ssid : nullptr;
}

void Supervisor::set_broker(Broker broker, Instant now) {
    if (broker == broker_) return;
    broker_ = broker;
    if (broker != Broker::sought) forget_patience();
    if (is_wired()) note_link(now);
    if (!is_joined()) return;
    if (broker == Broker::reached) {
        chooser_.broker_reached(present_);
        take(Event::broker_reached, now);
    }
    if (state() == State::up) set_patience(now);
}

Status Supervisor::open_portal(Instant now) {
    if (!policy_.portal_available || state() == State::off) return fail(errors::wifi_no_portal);
    portal_.ask(now);
    return {};
}

void Supervisor::step(Instant now) {
    if (power_save_set_ && power_save_ != policy_.power_save) {
        power_save_ = policy_.power_save;
        static_cast<void>(radio_.set_power_save(power_save_));  // a wish; the link works either way
    }
    while (const auto event = radio_.next_event()) handle(*event, now);
    if (deadline_ && now >= *deadline_) on_time_up(now);
    watch_lease(now);
    watch_signal(now);
    const bool missing = state() != State::off && (!is_up() || wants_set_up()) && missing_since_;
    // Without a known network there is nothing to wait for.
    const auto patience = state() == State::idle ? Duration(0) : policy_.connect_timeout;
    portal_.set_link_missing_at(missing ? std::optional(after(*missing_since_, patience)) : std::nullopt);
    portal_.step(now);
}

void Supervisor::handle(const RadioEvent& event, Instant now) {
    using Kind = RadioEvent::Kind;
    switch (event.kind) {
        case Kind::station_joined:
            if (radio_.link()) take(Event::joined, now);  // else it is an old join's
            return;
        case Kind::station_address:
            if (!radio_.link() || is_wired()) return;  // likewise
            note_address(event, now);
            if (!take(Event::address, now)) return;
            return listener_.on_link_up(chooser_.at(present_).ssid, address_);
        case Kind::station_left:
            return on_left(event.reason, now);
        case Kind::scan_done:
            return on_scan_done(now);
        case Kind::access_point_started:
        case Kind::access_point_stopped:
            portal_.handle(event.kind, now);
            return count_phones(now);
        case Kind::client_joined:
        case Kind::client_left:
            return count_phones(now);
    }
}

// Half of a lease is what DHCP's own client would take before it asks again (RFC 2131 §4.4.5).
void Supervisor::note_address(const RadioEvent& event, Instant now) {
    address_ = event.ip;
    if (!with_deep_sleep || known_address_) return;
    lease_until_.reset();
    if (event.lease.count() > 0) lease_until_ = now + Duration(event.lease) / 2;
}

void Supervisor::watch_lease(Instant now) {
    const auto over = lease_over_at();
    if (over && now >= *over) end(Event::address_stale, DisconnectReason::no_address, now);
}

void Supervisor::on_left(DisconnectReason reason, Instant now) {
    if (radio_.link()) return;  // an earlier join's
    // The echo of our own leave() or of a join() that replaced another; such an echo never meets a link that is up.
    if (reason == DisconnectReason::requested && !is_joined()) return;
    const bool refused = state() == State::joining && reason == DisconnectReason::wrong_password;
    end(refused ? Event::refused : Event::left, reason, now);
}

void Supervisor::on_scan_done(Instant now) {
    std::array<chip::ScanEntry, scan_entries> list;
    const auto found = std::span(list).first(radio_.scan_results(list));
    ++scans_;
    switch (state()) {
        case State::scanning:
            chooser_.heard(found);
            take(Event::scan_done, now);
            return;
        case State::looking:
            return look_for_another(found, now);
        case State::roaming:
            return look_for_stronger(found, now);
        default:
            return;  // somebody else's
    }
}

void Supervisor::look_for_another(std::span<const chip::ScanEntry> found, Instant now) {
    chooser_.heard(found);
    if (!chooser_.other_heard(present_, now)) {
        take(Event::none_heard, now);
        return;
    }
    chooser_.begin_round();
    chooser_.heard(found);
    chooser_.pass_over(present_);
    end(Event::other_heard, DisconnectReason::requested, now);
}

void Supervisor::look_for_stronger(std::span<const chip::ScanEntry> found, Instant now) {
    const auto link = radio_.link();
    chooser_.begin_round();
    chooser_.heard(found);
    const bool better =
        link && !link_held_ && chooser_.stronger_heard(present_, link->bssid, link->rssi + policy_.roam_gain);
    if (!better) {
        take(Event::none_heard, now);
        return;
    }
    chooser_.pass_over(present_);
    end(Event::stronger_heard, DisconnectReason::requested, now);
}

// Only when something else has woken the device: a signal that fades slowly is worth no wake-up of its own.
void Supervisor::watch_signal(Instant now) {
    if (state() != State::up || now < roam_at_ || !policy_.roaming || link_held_ || portal_.on_air()) return;
    roam_at_ = after(now, policy_.roam_check);
    const auto link = radio_.link();
    if (!link || link->rssi >= policy_.roam_below || chooser_.at(present_).bssid) return;
    roam_at_ = after(now, policy_.roam_pause);
    take(Event::signal_weak, now);
}

void Supervisor::on_time_up(Instant now) {
    deadline_.reset();
    switch (state()) {
        case State::off:
            static_cast<void>(start_radio(now));  // again later
            if (is_wired()) listener_.on_link_up({}, address_);
            return;
        case State::joining:
            if (std::exchange(join_refused_, false)) return end(Event::radio_refused, DisconnectReason::unknown, now);
            return end(Event::time_up, DisconnectReason::network_not_found, now);
        case State::no_address:
            return end(Event::time_up, DisconnectReason::no_address, now);
        case State::fresh:
            if (keeps_address() && broker_ == Broker::sought) {
                return end(Event::address_stale, DisconnectReason::no_address, now);
            }
            take(Event::time_up, now);
            return;
        case State::waiting:
        case State::paused:
            insist_ = state() == State::paused;
            chooser_.begin_round();
            [[fallthrough]];
        default:
            if (state() == State::scanning) chooser_.heard({});
            take(Event::time_up, now);
    }
}

void Supervisor::count_phones(Instant now) {
    std::array<chip::Mac, 1> one;
    phone_ = radio_.access_point_clients(one) > 0;
    take(phone_ ? Event::phone_came : Event::phone_left, now);
}

// The present try has failed at one access point, or as a whole.
void Supervisor::note_failure(Event event, DisconnectReason reason, Instant now) {
    if (event != Event::radio_refused && chooser_.goes_on(present_)) return;
    chooser_.failed(present_);
    if (event == Event::radio_refused || !is_refusal(reason)) return;
    // Whether others have the same name, only a scan tells: nothing is held against the network before.
    const bool all_refused = chooser_.scanned();
    chooser_.look_around(present_);
    if (all_refused && event == Event::refused) chooser_.refused(present_, now);
}

void Supervisor::end(Event event, DisconnectReason reason, Instant now) {
    if (!is_joined() && !is_trying(state())) return;
    const auto ssid = chooser_.at(present_).ssid;
    if (event != Event::left && event != Event::refused) static_cast<void>(radio_.leave());
    const bool was_settled = is_joined() && state() != State::fresh;
    const bool by_known = with_deep_sleep && std::exchange(by_known_, false);
    if (by_known && (!was_settled || event == Event::address_stale)) {
        chooser_.begin_round();  // nothing is said against the network: its turn as usual is yet to come
    } else if (!was_settled) {
        note_failure(event, reason, now);
    }
    last_reason_ = reason;
    take(event, now);
    const auto wait =
        deadline_ && (state() == State::waiting || state() == State::paused) ? *deadline_ - now : Duration(0);
    listener_.on_link_down(ssid, reason, wait);
}

}  // namespace esb::wifi
