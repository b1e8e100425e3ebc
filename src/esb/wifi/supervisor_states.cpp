// What the supervisor does on entering each state.
#include "esb/base/features.hpp"
#include "esb/wifi/supervisor.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>
#include <utility>

namespace esb::wifi {

bool Supervisor::take(Event event, Instant now) {
    const auto from = state();
    if (!machine_.take(event, witness_)) return false;
    if (trace::on()) trace::state("wifi", name(from), name(event), name(state()));
    enter(from, event, now);
    return true;
}

void Supervisor::enter(State from, Event event, Instant now) {
    if (is_up() != is_up(from)) note_link(now);
    switch (state()) {
        case State::off:
            deadline_ = now + backoff_.next(chip::spreading_number(entropy_));
            return;
        case State::idle:
            deadline_.reset();
            return;
        case State::choosing:
            return choose(now);
        case State::looking:
            if (event == Event::address) return;
            chooser_.broker_missed(present_, now);
            patience_ = std::min(2 * patience_, policy_.broker_patience_max);
            broker_missing_since_ = now;
            return start_scan(now);
        case State::roaming:
            if (event == Event::address) return;
            return start_scan(now);
        case State::scanning:
            return start_scan(now);
        case State::joining:
            return join(now);
        case State::no_address:
            deadline_ = after(now, policy_.address_timeout);
            return;
        case State::fresh:
            insist_ = false;
            deadline_ = after(now, keeps_address() ? policy_.kept_address_trial : policy_.settle_time);
            return;
        case State::up:
            if (from == State::fresh) settle(now);
            if (event != Event::address) set_patience(now);
            return;
        case State::waiting:
            deadline_ = now + backoff_.next(chip::spreading_number(entropy_));
            return;
        case State::paused:
            deadline_ = after(now, policy_.phone_pause);
            return;
#if ESB_ETHERNET
        case State::wired:
            address_ = *wire_;
            return;
#endif
    }
}

void Supervisor::note_link(Instant now) {
    if (is_up()) return portal_.link_up(now, !wants_set_up());
    address_ = {};
    if (!missing_since_) missing_since_ = now;
    portal_.link_down(now);
}

void Supervisor::choose(Instant now) {
    deadline_.reset();
#if ESB_ETHERNET
    if (wire_ && take(Event::wire_up, now)) return;
#endif
    if (phone_ && !insist_ && chooser_.size() > 0) {
        take(Event::phone_waits, now);
        return;
    }
    const auto choice = chooser_.next(now);
    switch (choice.step) {
        case Chooser::Step::none_known:
            take(Event::none_known, now);
            return;
        case Chooser::Step::scan:
            take(Event::scan_wanted, now);
            return;
        case Chooser::Step::join:
            present_ = choice.index;
            take(Event::chosen, now);
            return;
        case Chooser::Step::round_over:
            insist_ = false;
            take(phone_ ? Event::phone_waits : Event::round_over, now);
    }
}

Status Supervisor::start_radio(Instant now) {
    if (const auto started = radio_.start(country_, host_name_); !started) {
        take(Event::radio_refused, now);
        return started;
    }
    power_save_ = policy_.power_save;
    power_save_set_ = radio_.set_power_save(power_save_).has_value();
    backoff_.reset();
    missing_since_ = now;
    take(Event::radio_started, now);
    return {};
}

void Supervisor::start_scan(Instant now) {
    deadline_ = after(now, policy_.scan_timeout);
    const auto started = radio_.start_scan();
    if (started || started.error() == errors::busy) return;  // somebody else's scan serves as well
    if (state() == State::scanning) chooser_.heard({});
    take(Event::radio_refused, now);
}

void Supervisor::join(Instant now) {
    const auto target = by_what_is_known(chooser_.target(present_), now);
    join_refused_ = !radio_.join(target);
    deadline_ = join_refused_ ? now : after(now, resumed() ? policy_.kept_join_timeout : policy_.join_timeout);
}

// Once: whatever comes of it, the next try is as usual.
chip::StationConfig Supervisor::by_what_is_known(chip::StationConfig network, Instant now) {
    if constexpr (!with_deep_sleep) return network;
    by_known_ = known_address_ = false;
    lease_until_.reset();
    const auto known = std::exchange(known_, std::nullopt);
    const bool it = known && known->ssid == network.ssid && (!network.bssid || *network.bssid == known->bssid);
    if (!it) return network;
    by_known_ = true;
    network.bssid = known->bssid;
    network.channel = known->channel;
    if (network.ip.address.is_set() || !known->ip.address.is_set()) return network;
    known_address_ = true;
    network.ip = known->ip;
    lease_until_ = now + known->lease;
    return network;
}

void Supervisor::settle(Instant now) {
    chooser_.settled(present_);
    roam_at_ = std::max(roam_at_, after(now, policy_.roam_check));
    backoff_.reset();
    missing_since_.reset();
}

// When another network is looked for, because the broker cannot be reached on this one.
void Supervisor::set_patience(Instant now) {
    deadline_.reset();
    if (broker_ != Broker::sought) return;
    if (!broker_missing_since_) broker_missing_since_ = now;
    if (chooser_.size() > 1) deadline_ = std::max(now, after(*broker_missing_since_, patience_));
}

void Supervisor::forget_patience() {
    broker_missing_since_.reset();
    patience_ = policy_.broker_patience;
}

}  // namespace esb::wifi
