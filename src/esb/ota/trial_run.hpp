// The candidate: the image that is verified, switched to, on trial, or was tried last. What is stored of it, and what
// its trial costs or brings: confirmation, roll-back, quarantine. Pure judgements are in trial.hpp; which step follows
// is the updater's business. Needs no memory beside its own, so that no heap can hinder a way back.
#pragma once

#include "esb/chip/slots.hpp"
#include "esb/chip/system.hpp"
#include "esb/ota/failures.hpp"
#include "esb/ota/offer.hpp"
#include "esb/ota/policy.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/trial.hpp"
#include "esb/ota/trust.hpp"

#include <optional>

namespace esb::ota {

// What it is given outlives it.
class TrialRun {
public:
    struct Parts {
        chip::Slots& slots;
        chip::System& system;
        Records& records;
        Trust& trust;
        Failures& failures;
        const ImageIdentity& running;
        const UpdatePolicy& policy;
    };
    explicit TrialRun(const Parts& parts) : parts_(parts) {}

    // At boot: the record of the confirmed image. The store's errors, ota_record.
    Status load_confirmed();
    const std::optional<ImageRecord>& confirmed() const { return confirmed_; }
    // What this offer brings is confirmed and running.
    bool runs_already(const Offer& offer) const;

    // At boot: what the trial's record and the chip say; empty: no trial is or was under way.
    std::optional<BootFinding> find();
    // What follows from a failure that was found.
    Verdict judge_failure();
    TrialCause cause() const { return judgement_.cause; }

    bool has_candidate() const { return candidate_.has_value(); }
    TrialRecord& candidate() { return *candidate_; }
    const TrialRecord& candidate() const { return *candidate_; }
    void propose(const TrialRecord& candidate) { candidate_ = candidate; }
    // The image that was confirmed before: ota_no_rollback, ota_below_floor, errors of the flash.
    Status propose_previous();
    void forget() { candidate_.reset(); }

    // Whether the candidate in flash, whose hash is `found`, is what it should be and may be tried.
    Status judge_flash(const crypto::Digest& found) const;
    // In this order a cut leaves either the old choice and the record, or both new (trial.hpp).
    Status switch_slot();

    void begin();
    // False, and nothing has changed, when the boot record could not be written.
    bool confirm_slot();
    // Each record may be written already: a cut or a full store can come between any two of them.
    Status store_confirmation();
    // False when nothing else can be booted.
    bool give_up(TrialCause cause);

private:
    Status close_way_back();
    void note(TrialPhase phase);
    Verdict count(TrialCause cause);
    Status store_running(const ImageRecord& image);

    Parts parts_;
    std::optional<ImageRecord> confirmed_;
    std::optional<TrialRecord> candidate_;
    BootJudgement judgement_{};
};

}  // namespace esb::ota
