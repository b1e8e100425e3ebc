// What the records and the chip say at boot about a trial: pure decisions, no I/O.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"
#include "esb/chip/system.hpp"
#include "esb/ota/records.hpp"

namespace esb::ota {

// What a boot finds out.
enum class BootFinding : std::uint8_t {
    trial_begins,    // this is the new image's first start, or nothing better can be booted
    give_up,         // it ran before without being confirmed, and the boot loader did not go back: do it ourselves
    finish_confirm,  // a cut came while it was being confirmed: finish that
    not_switched,    // a cut came while the boot slot was being changed: change it again, nothing is counted
    went_back,       // the trial failed; `cause` says how
    waiting,         // the failure was counted at an earlier boot, another trial follows
    over,            // the failure was counted at an earlier boot, nothing follows
};

struct BootFacts {
    chip::SlotId running;
    chip::SlotState state;  // of the trial's slot, as the boot record has it now
    chip::ResetReason reset;
};

struct BootJudgement {
    BootFinding finding = BootFinding::trial_begins;
    TrialCause cause = TrialCause::none;
};

BootJudgement judge_boot(const TrialRecord& trial, const BootFacts& facts);

// A restart that came from the trial image itself, by the reason the chip gives.
TrialCause cause_of(chip::ResetReason reason);

struct TrialLimits {
    unsigned crashes;  // crashes and hangs until the image is quarantined
    unsigned trials;   // failed trials of any kind
};

enum class Verdict : std::uint8_t { again, over, quarantine };
// Counts one failure in the record, sets its phase and cause, and says what follows.
Verdict count_failure(TrialRecord& trial, TrialCause cause, const TrialLimits& limits);

// The error that <base>/ota/status shows for a cause.
Error to_error(TrialCause cause);

}  // namespace esb::ota
