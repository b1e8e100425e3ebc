// The trial of the running image: how it begins, is confirmed, or is given up.
#include "esb/ota/updater.hpp"

namespace esb::ota {

void Updater::begin_trial() {
    if (!take(Event::trial_found)) return;
    at_ = after(parts_.reactor.now(), policy_.trial_timeout);
    trial_.begin();
    if (!trial_.has_candidate()) static_cast<void>(progress_.ver.assign(running_.ver));
    // A boot loader with roll-back would have turned `fresh` into `pending_verify`.
    const bool unguarded = parts_.slots.state(parts_.slots.running()) == chip::SlotState::fresh;
    report(State::trial, unguarded ? std::optional(Error(errors::ota_unguarded)) : std::nullopt);
}

void Updater::healthy() {
    const auto now = parts_.reactor.now();
    const bool is_back = !healthy_at_ || now - *healthy_at_ > policy_.heard_lately;
    healthy_at_ = now;
    if (on_trial()) return confirm();
    if (here() == Step::waiting || (here() == Step::on_hold && is_back)) at_ = now;
}

void Updater::confirm() {
    if (trial_.confirm_slot()) return finish_confirmation();
    begin_trial();  // unless it is under way: then once more when it is healthy the next time
}

void Updater::finish_confirmation() {
    const auto stored = trial_.store_confirmation();
    if (trial_.has_candidate()) describe_candidate();
    if (!stored) {
        take(Event::not_stored);
        pause();
        return report(State::confirmed, stored.error());
    }
    take(Event::confirmed);
    trial_.forget();
    report(State::confirmed);
}

void Updater::give_up(TrialCause cause) {
    if (!trial_.give_up(cause)) {  // go on trying to become healthy
        take(Event::cannot_go_back);
        at_ = after(parts_.reactor.now(), policy_.trial_timeout);
        return;
    }
    take(Event::given_up);
    report(State::rolled_back, to_error(cause));
    handler_.on_restart_wanted();
}

}  // namespace esb::ota
