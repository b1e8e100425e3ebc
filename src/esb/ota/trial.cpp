#include "esb/ota/trial.hpp"

#include "esb/ota/errors.hpp"

namespace esb::ota {
namespace {

using chip::SlotState;

bool given_up(SlotState state) { return state == SlotState::invalid || state == SlotState::aborted; }
bool unconfirmed(SlotState state) {
    return state == SlotState::fresh || state == SlotState::pending_verify || state == SlotState::undefined;
}
bool is_crash(TrialCause cause) { return cause == TrialCause::crashed || cause == TrialCause::hung; }

// Only the record says that it was healthy: a cut while the boot slot was changed may have left a state that nobody wrote,
// "valid" among them.
BootJudgement judge_new_image(const TrialRecord& trial, const BootFacts& facts) {
    if (trial.phase == TrialPhase::confirming || trial.phase == TrialPhase::confirmed)
        return {BootFinding::finish_confirm};
    if (facts.state == SlotState::valid && trial.phase == TrialPhase::started && is_crash(cause_of(facts.reset))) {
        return {BootFinding::give_up, cause_of(facts.reset)};
    }
    const bool silent = trial.phase == TrialPhase::silent;
    if (silent && (unconfirmed(facts.state) || facts.state == SlotState::valid)) {
        return {BootFinding::give_up, TrialCause::silent};
    }
    // A boot loader with roll-back would have gone back by now; this one leaves the slot as it is.
    if (unconfirmed(facts.state) && trial.phase == TrialPhase::started) {
        return {BootFinding::give_up, cause_of(facts.reset)};
    }
    return {BootFinding::trial_begins};
}

BootJudgement judge_old_image(const TrialRecord& trial, const BootFacts& facts) {
    switch (trial.phase) {
        case TrialPhase::prepared:
            // The record was written, the switch not, or only in part. But if the new image has crashed before it
            // could write `started`, the boot loader has given it up and the reset reason is the crash's.
            if (given_up(facts.state) && is_crash(cause_of(facts.reset))) {
                return {BootFinding::went_back, cause_of(facts.reset)};
            }
            return {BootFinding::not_switched};
        case TrialPhase::switched:
            if (!given_up(facts.state)) return {BootFinding::went_back, TrialCause::boot_loader};
            return {BootFinding::went_back, cause_of(facts.reset)};
        case TrialPhase::started:
            if (facts.state == SlotState::invalid) return {BootFinding::went_back, TrialCause::silent};
            return {BootFinding::went_back, cause_of(facts.reset)};
        // Confirming erases the active entry before it writes the new one; a cut between them boots the old image.
        case TrialPhase::confirming:
        case TrialPhase::confirmed:
            return {BootFinding::not_switched};
        case TrialPhase::silent:
            return {BootFinding::went_back, TrialCause::silent};
        case TrialPhase::failed:
            return {BootFinding::waiting, trial.cause};
        case TrialPhase::ended:
            return {BootFinding::over, trial.cause};
    }
    return {BootFinding::over, trial.cause};
}

}  // namespace

BootJudgement judge_boot(const TrialRecord& trial, const BootFacts& facts) {
    return facts.running == trial.image.slot ? judge_new_image(trial, facts) : judge_old_image(trial, facts);
}

TrialCause cause_of(chip::ResetReason reason) {
    switch (reason) {
        case chip::ResetReason::panic:
            return TrialCause::crashed;
        case chip::ResetReason::task_watchdog:
        case chip::ResetReason::interrupt_watchdog:
        case chip::ResetReason::other_watchdog:
            return TrialCause::hung;
        default:
            return TrialCause::power;  // somebody or something outside the firmware ended it
    }
}

Verdict count_failure(TrialRecord& trial, TrialCause cause, const TrialLimits& limits) {
    auto& counter = is_crash(cause) ? trial.crashes : trial.other_failures;
    if (counter < 0xFF) ++counter;
    trial.cause = cause;
    trial.phase = TrialPhase::ended;
    if (trial.rollback || cause == TrialCause::cancelled) return Verdict::over;
    if (trial.crashes >= limits.crashes) return Verdict::quarantine;
    if (0U + trial.crashes + trial.other_failures >= limits.trials) return Verdict::over;
    trial.phase = TrialPhase::failed;
    return Verdict::again;
}

Error to_error(TrialCause cause) {
    switch (cause) {
        case TrialCause::crashed:
            return Error(errors::ota_trial_crashed);
        case TrialCause::hung:
            return Error(errors::ota_trial_hung);
        case TrialCause::silent:
            return Error(errors::ota_trial_silent);
        case TrialCause::power:
            return Error(errors::ota_trial_power);
        case TrialCause::boot_loader:
            return Error(errors::ota_boot_loader);
        default:
            return Error(errors::cancelled);
    }
}

}  // namespace esb::ota
