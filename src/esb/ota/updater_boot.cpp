// What a boot finds in the records and on the chip, and what follows from it.
#include "esb/base/features.hpp"
#include "esb/ota/install.hpp"
#include "esb/ota/legacy.hpp"
#include "esb/ota/updater.hpp"

namespace esb::ota {

Status Updater::begin(const Identity& identity) {
    identity_ = identity;
    const auto added = parts_.reactor.add(*this);
    trust_.load();
    const auto run = trial_.load_confirmed();
    failures_.load();
    look_around();
    if (trust_.lost() && here() == Step::idle) refuse(Error(errors::trust_lost));
    if (!run && run.error() != errors::kv_not_found) return fail(run.error());
    return added;
}

void Updater::look_around() {
    const auto finding = trial_.find();
    if (!finding) {
        if (!find_job()) take(Event::nothing_found);
        return;
    }
    if (trial_.has_candidate()) describe_candidate();
    switch (*finding) {
        case BootFinding::trial_begins:
            return begin_trial();
        case BootFinding::give_up:
            return give_up(trial_.cause());
        case BootFinding::finish_confirm:
            return confirm();
        case BootFinding::not_switched:
            return start_verifying(Event::not_switched);
        case BootFinding::went_back:
        case BootFinding::waiting:
        case BootFinding::over:
            take(Event::failure_found);
            return;
    }
}

// The first turn: the author has set the policy by now.
void Updater::use_policy(Instant now) {
    policy_final_ = true;
    retry_ = Backoff(policy_.retry_first, policy_.retry_longest);
    wear_ = retry_;
    if (here() == Step::on_trial) at_ = after(now, policy_.trial_timeout);
    if (here() == Step::went_back) go_on(trial_.judge_failure());
}

// What the old image does after the new one's trial.
void Updater::go_on(Verdict verdict) {
    report(State::rolled_back, to_error(trial_.cause()));
    if (verdict == Verdict::again) {
        const TrialRecord& candidate = trial_.candidate();
        for (int earlier = candidate.crashes + candidate.other_failures; earlier > 1; --earlier) retry_.next(0);
        take(Event::again);
        return pause();
    }
    static_cast<void>(records_.remove_job());  // it can only be the one that was tried
    hold_back(trial_.candidate().image.job, policy_.retry_longest);
    take(Event::no_more);
    forget_candidate();
}

// A stored message is as little trusted as one from the network. Without memory the next start finds it again.
bool Updater::find_job() {
    if (!take_opening()) return false;
    const auto text = records_.load_job(opening_->text);
    if (!text && text.error() == errors::kv_not_found) return false;
    if (!text || !open_stored(*text)) {
        static_cast<void>(records_.remove_job());
        return false;
    }
    if constexpr (with_update_policy) {
        if (is_skipped(opening_->offer)) {  // a cut came while it was being skipped
            static_cast<void>(forget_job());
            return false;
        }
        if (policy_.when != When::now && !is_wanted(opening_->offer)) {
            hold(Event::put_off, opening_->offer);
            return true;
        }
    }
    if (!take_install()) return false;
    install_->offer = opening_->offer;
    take(Event::job_found);
    at_ = parts_.reactor.now() + network_grace;
    describe_job();
    report(State::downloading);
    return true;
}

Status Updater::open_stored(std::string_view text) {
    if constexpr (with_legacy_md5) {
        if (is_legacy(text)) return open_legacy(text, running_, opening_->offer);
    }
    const auto envelope = open_envelope(text, trust_.keys(), opening_->payload);
    return envelope ? opening_->offer.open(*envelope, identity_) : Status(fail(envelope.error()));
}

Status Updater::unlock_job() {
    auto cipher = cipher_for(install_->offer);
    if (!cipher) return fail(cipher.error());
    install_->cipher = std::move(*cipher);
    return {};
}

void Updater::resume_job() {
    const Offer& job = install_->offer;
    auto fit = preflight(job);
    if (fit) fit = unlock_job();
    if (!fit) {
        if (fit.error() != errors::ota_heap) return job_failed(fit.error());
        take(Event::memory_short);
        return pause();
    }
    if (job.given_up(failures_.list(), policy_.failure_limit)) return job_failed(Error(errors::ota_given_up));
    start_download(Event::resumed);
}

}  // namespace esb::ota
