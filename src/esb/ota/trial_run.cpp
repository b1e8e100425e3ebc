// The trial of the running image: how it begins, is confirmed, or is given up.
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>

namespace esb::ota {

void Engine::begin_trial() {
    step_ = Step::on_trial;
    at_ = parts_.reactor.now() + policy_.trial_timeout;
    if (candidate_) {
        candidate_->phase = TrialPhase::started;
        static_cast<void>(records_.trial.save(*candidate_));  // the boot record tells as much on most chips
    } else {
        static_cast<void>(progress_.ver.assign(running_.ver));
    }
    // A boot loader with roll-back would have turned `fresh` into `pending_verify`.
    const bool unguarded = parts_.slots.state(parts_.slots.running()) == chip::SlotState::fresh;
    report(State::trial, unguarded ? std::optional(Error(errors::ota_unguarded)) : std::nullopt);
}

void Engine::healthy() {
    if (step_ == Step::on_trial) return confirm();
    if (step_ == Step::waiting) at_ = parts_.reactor.now();
}

void Engine::confirm() {
    const auto note = [this](TrialPhase phase) {
        if (!candidate_) return;
        candidate_->phase = phase;
        static_cast<void>(records_.trial.save(*candidate_));
    };
    note(TrialPhase::confirming);
    if (!parts_.slots.confirm_running()) {
        note(TrialPhase::started);
        if (step_ != Step::on_trial) begin_trial();
        return;  // and again when it is healthy the next time
    }
    finish_confirmation();
}

void Engine::finish_confirmation() {
    const auto stored = store_confirmation();
    if (candidate_) describe_candidate();
    if (stored) {
        step_ = Step::idle;
        candidate_.reset();
        return report(State::confirmed);
    }
    step_ = Step::finish_later;
    at_ = parts_.reactor.now() + next_wait(retry_);
    report(State::confirmed, stored.error());
}

// Each record may be written already: a cut or a full store can come between any two of them.
Status Engine::store_confirmation() {
    if (!candidate_) return {};
    // A floor that is lost is not made anew by an update, nor is the image given up for it.
    floor_ = std::max(floor_, candidate_->floor);
    if (!trust_lost_) ESB_TRY(records_.floor.save(floor_));
    const ImageRecord& image = candidate_->image;
    if (!run_ || *run_ != image) {
        ImageRecord previous{chip::other(image.slot), candidate_->from_seq, {}, {}, {}};
        if (run_ && run_->slot == previous.slot && run_->seq == previous.seq) previous = *run_;
        // The message that installed what was rolled back may still be retained at the broker.
        if (candidate_->rollback && previous.job) {
            bad_.add(*previous.job);
            if (!trust_lost_) ESB_TRY(records_.bad.save(bad_));
        }
        ESB_TRY(records_.previous.save(previous));
        ESB_TRY(records_.run.save(image));
        run_ = image;
    }
    if (image.job && failures_.forget(*image.job)) static_cast<void>(records_.failures.save(failures_));
    return records_.trial.remove();
}

void Engine::give_up(TrialCause cause) {
    if (candidate_ && cause == TrialCause::silent) {
        candidate_->phase = TrialPhase::silent;  // counted by the image that boots next
        static_cast<void>(records_.trial.save(*candidate_));
    } else if (candidate_) {
        static_cast<void>(count_trial(cause));
    }
    if (!parts_.slots.reject_running()) {  // nothing else can be booted: go on trying to become healthy
        step_ = Step::on_trial;
        at_ = parts_.reactor.now() + policy_.trial_timeout;
        return;
    }
    step_ = Step::rebooting;
    report(State::rolled_back, to_error(cause));
    handler_.on_restart_wanted();
}

// What cannot be stored is not tried again in this boot, since nobody could count the tries.
Verdict Engine::count_trial(TrialCause cause) {
    const Verdict verdict = count_failure(*candidate_, cause, {policy_.crash_limit, policy_.trial_limit});
    if (verdict == Verdict::quarantine && candidate_->image.sha256) {
        bad_.add(*candidate_->image.sha256);
        static_cast<void>(records_.bad.save(bad_));
    }
    const bool stored = records_.trial.save(*candidate_).has_value();
    if (verdict == Verdict::over && !candidate_->rollback && cause != TrialCause::cancelled) {
        note_failure(candidate_->image.job);
    }
    return stored ? verdict : Verdict::over;
}

}  // namespace esb::ota
