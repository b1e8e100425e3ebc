// What a boot finds in the records and on the chip, and what follows from it.
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

#include <type_traits>

namespace esb::ota {
namespace {

constexpr Duration network_grace = 30s;  // a stored download starts then even if nobody says that the link is up

}  // namespace

Status Engine::begin(const Identity& identity) {
    identity_ = identity;
    const auto added = parts_.reactor.add(*this);
    load_trust();
    const auto run = records_.run.load();
    if (run) run_ = *run;
    // Lost, they cost no more than the tries made so far.
    if (const auto failures = records_.failures.load()) failures_ = *failures;
    judge_trial();
    if (trust_lost_ && step_ == Step::idle) static_cast<void>(refuse(Error(errors::trust_lost)));
    if (!run && run.error() != errors::kv_not_found) return fail(run.error());
    return added;
}

// What is lost closes: nothing is taken for what was there at birth.
void Engine::load_trust() {
    floor_ = 0;
    bad_ = {};
    const auto floor = records_.floor.load(floor_);
    if (!floor) floor_ = running_.seq;
    const auto bad = records_.bad.load(bad_);
    KeySet set;
    const auto keys = records_.keys.load(set);
    if (!keys) keyring_.clear();
    if (keys && *keys) use(set);
    std::uint32_t counter = 0;
    const bool counters = records_.counter.load(counter) && records_.config_counter.load(counter);
    trust_lost_ = !floor || !bad || !keys || !counters;
}

void Engine::use(const KeySet& set) {
    keyring_.clear();
    for (const auto& key : set.keys) static_cast<void>(keyring_.add(key));  // as many fit into a set
    key_version_ = set.version;
}

// A person at the device has decided. What is not lost stays as it is.
Status Engine::repair_trust(std::uint32_t counter) {
    if (!trust_lost_) return {};
    KeySet set;
    set.version = 1;
    for (const auto& key : compiled_.keys()) ESB_TRY(set.keys.push_back(key));
    const auto mend = [](const auto& record, const auto& value) -> Status {
        std::remove_cvref_t<decltype(value)> present{};
        return record.load(present) ? Status() : record.restore(value);
    };
    ESB_TRY(mend(records_.floor, running_.seq));
    ESB_TRY(mend(records_.bad, BadList{}));
    ESB_TRY(mend(records_.counter, counter));
    ESB_TRY(mend(records_.config_counter, counter));
    ESB_TRY(mend(records_.keys, set));
    load_trust();
    return trust_lost_ ? Status(fail(errors::trust_lost)) : Status();
}

void Engine::judge_trial() {
    const auto running = parts_.slots.running();
    const auto stored = records_.trial.load();
    // A record of other images than those in the slots: somebody has flashed the chip by cable since.
    const bool matches =
        stored && running_.seq == (stored->image.slot == running ? stored->image.seq : stored->from_seq);
    if (stored && !matches) static_cast<void>(records_.trial.remove());
    if (!matches) {
        if (parts_.slots.state(running) == chip::SlotState::pending_verify) return begin_trial();
        return find_job();
    }
    candidate_ = *stored;
    describe_candidate();
    const BootFacts facts{running, parts_.slots.state(candidate_->image.slot), parts_.system.reset_reason()};
    boot_judgement_ = judge_boot(*candidate_, facts);
    switch (boot_judgement_.finding) {
        case BootFinding::trial_begins:
            return begin_trial();
        case BootFinding::give_up:
            return give_up(boot_judgement_.cause);
        case BootFinding::finish_confirm:
            return confirm();
        case BootFinding::not_switched:
            return start_verifying();
        case BootFinding::went_back:
        case BootFinding::waiting:
        case BootFinding::over:
            step_ = Step::went_back;
            return;
    }
}

// The first turn: the author has set the policy by now.
void Engine::use_policy(Instant now) {
    policy_final_ = true;
    retry_ = Backoff(policy_.retry_first, policy_.retry_longest);
    wear_ = retry_;
    if (step_ == Step::on_trial) at_ = now + policy_.trial_timeout;
    if (step_ == Step::went_back) go_on(judge_failure());
}

Verdict Engine::judge_failure() {
    switch (boot_judgement_.finding) {
        case BootFinding::went_back:
            return count_trial(boot_judgement_.cause);
        case BootFinding::waiting:
            return Verdict::again;
        default:
            return Verdict::over;
    }
}

// What the old image does after the new one's trial.
void Engine::go_on(Verdict verdict) {
    report(State::rolled_back, to_error(boot_judgement_.cause));
    if (verdict == Verdict::again) {
        for (int earlier = candidate_->crashes + candidate_->other_failures; earlier > 1; --earlier) retry_.next(0);
        step_ = Step::switch_later;
        at_ = parts_.reactor.now() + next_wait(retry_);
        return;
    }
    static_cast<void>(records_.remove_job());  // it can only be the one that was tried
    failed_job_ = candidate_->image.job;
    failed_until_ = parts_.reactor.now() + policy_.retry_longest;
    candidate_.reset();
    step_ = Step::idle;
}

// A stored message is as little trusted as one from the network.
void Engine::find_job() {
    if (!take_memory()) return;  // the next start finds it again
    const auto text = records_.load_job(opening_->text);
    if (!text && text.error() == errors::kv_not_found) return;
    if (!text || !open_job(*text)) {
        static_cast<void>(records_.remove_job());
        return;
    }
    job_ = opening_->offer;
    step_ = Step::waiting;
    at_ = parts_.reactor.now() + network_grace;
    describe_job();
    report(State::downloading);
}

void Engine::resume_job() {
    if (const auto fit = preflight(job_); !fit) {
        if (fit.error() != errors::ota_heap) return job_failed(fit.error());
        at_ = parts_.reactor.now() + next_wait(retry_);
        return;
    }
    if (given_up(job_)) return job_failed(Error(errors::ota_given_up));
    start_download();
}

}  // namespace esb::ota
