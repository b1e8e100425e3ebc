#include "esb/ota/trial_run.hpp"

#include "esb/base/features.hpp"
#if ESB_DATA_PARTITIONS
#include "esb/ota/data_place.hpp"
#endif

#include <bit>

namespace esb::ota {
namespace {

Result<ImageDescriptor> read_descriptor(chip::Slots& slots, chip::SlotId slot) {
    std::array<std::uint8_t, sizeof(ImageDescriptor)> bytes{};
    ESB_TRY(slots.read(slot, slots.geometry().descriptor_at, bytes));
    return std::bit_cast<ImageDescriptor>(bytes);
}

}  // namespace

Status TrialRun::load_confirmed() {
    const auto run = parts_.records.run.load();
    if (!run) return fail(run.error());
    confirmed_ = *run;
    return {};
}

bool TrialRun::runs_already(const Offer& offer) const {
    const auto& run = confirmed_;
    if (!run || run->slot != parts_.slots.running() || run->seq != parts_.running.seq) return false;
    const auto& hash = offer.manifest.sha256;
#if ESB_DATA_PARTITIONS
    if (!holds_all(parts_.records, run->slot, run->seq, offer.manifest.data)) return false;
#endif
    return run->job == offer.digest || (hash && hash == run->sha256 && offer.manifest.seq == run->seq);
}

std::optional<BootFinding> TrialRun::find() {
    const auto running = parts_.slots.running();
    const auto stored = parts_.records.trial.load();
    // A record of other images than those in the slots: somebody has flashed the chip by cable since.
    const bool matches =
        stored && parts_.running.seq == (stored->image.slot == running ? stored->image.seq : stored->from_seq);
    if (stored && !matches) static_cast<void>(parts_.records.trial.remove());
    if (!matches) {
        const bool unconfirmed = parts_.slots.state(running) == chip::SlotState::pending_verify;
        return unconfirmed ? std::optional(BootFinding::trial_begins) : std::nullopt;
    }
    candidate_ = *stored;
    const BootFacts facts{running, parts_.slots.state(stored->image.slot), parts_.system.reset_reason()};
    judgement_ = judge_boot(*candidate_, facts);
    return judgement_.finding;
}

Verdict TrialRun::judge_failure() {
    switch (judgement_.finding) {
        case BootFinding::went_back:
            return count(judgement_.cause);
        case BootFinding::waiting:
            return Verdict::again;
        default:
            return Verdict::over;
    }
}

Status TrialRun::propose_previous() {
    const auto previous = parts_.records.previous.load();
    if (!previous || previous->slot != chip::other(parts_.slots.running())) return fail(errors::ota_no_rollback);
    if (previous->seq < parts_.trust.floor()) return fail(errors::ota_below_floor);
    const auto descriptor = read_descriptor(parts_.slots, previous->slot);
    if (!descriptor) return fail(descriptor.error());
    const auto image = parse_descriptor(*descriptor);
    if (!image || image->seq != previous->seq) return fail(errors::ota_no_rollback);
    candidate_.emplace();
    candidate_->image = *previous;
    candidate_->from_seq = parts_.running.seq;
    candidate_->rollback = true;
    return candidate_->ver.assign(image->ver);
}

// The descriptor, too, is the one in flash.
Status TrialRun::judge_flash(const crypto::Digest& found) const {
    const ImageRecord& image = candidate_->image;
    const Trust& trust = parts_.trust;
    // Only the image that was there from birth has no hash, and the only way to it is back.
    if (!image.sha256 && !candidate_->rollback) return fail(errors::ota_hash);
    if (image.sha256 && found != *image.sha256) return fail(errors::ota_hash);
    if (image.sha256 && trust.is_quarantined(*image.sha256)) return fail(errors::ota_quarantined);

    // A record of an earlier trial may have come back to life.
    if (trust.lost()) return fail(errors::trust_lost);
    if (image.seq < trust.floor()) return fail(errors::ota_below_floor);

    const auto descriptor = read_descriptor(parts_.slots, image.slot);
    if (!descriptor) return fail(descriptor.error());
    const auto identity = parse_descriptor(*descriptor);
    if (!identity) return fail(identity.error());
    const ImageIdentity& running = parts_.running;
    if (identity->app != running.app || identity->hw != running.hw || identity->seq != image.seq) {
        return fail(errors::ota_descriptor);
    }
    return {};
}

Status TrialRun::switch_slot() {
    const Records& records = parts_.records;
    candidate_->phase = TrialPhase::prepared;
    ESB_TRY(records.trial.save(*candidate_));
    static_cast<void>(records.mark.remove());
    ESB_TRY(parts_.slots.set_boot(candidate_->image.slot));
    static_cast<void>(records.remove_job());  // the trial record says all that is needed from here on
    candidate_->phase = TrialPhase::switched;
    return records.trial.save(*candidate_);
}

// Without a record the boot record tells as much on most chips.
void TrialRun::note(TrialPhase phase) {
    if (!candidate_) return;
    candidate_->phase = phase;
    static_cast<void>(parts_.records.trial.save(*candidate_));
}

void TrialRun::begin() { note(TrialPhase::started); }

bool TrialRun::confirm_slot() {
    if (candidate_ && candidate_->phase == TrialPhase::confirmed) return true;
    note(TrialPhase::confirming);
    if (parts_.slots.confirm_running()) return true;
    note(TrialPhase::started);
    return false;
}

// To write the boot record anew erases it first, and a cut there boots the other image. Once the floor is above that, it is
// not written any more.
Status TrialRun::close_way_back() {
    if (candidate_->floor <= candidate_->from_seq) return {};
    candidate_->phase = TrialPhase::confirmed;
    return parts_.records.trial.save(*candidate_);
}

Status TrialRun::store_confirmation() {
    if (!candidate_) return {};
    ESB_TRY(close_way_back());
    ESB_TRY(parts_.trust.raise_floor(candidate_->floor));  // if it is lost the image is not given up for it
    const ImageRecord& image = candidate_->image;
    if (!confirmed_ || *confirmed_ != image) ESB_TRY(store_running(image));
    if (image.job) parts_.failures.forget(*image.job);
    static_cast<void>(parts_.records.remove_job());  // a cut may have left it; nothing is accepted in a trial
    return parts_.records.trial.remove();
}

Status TrialRun::store_running(const ImageRecord& image) {
    ImageRecord previous{chip::other(image.slot), candidate_->from_seq, {}, {}, {}};
    if (confirmed_ && confirmed_->slot == previous.slot && confirmed_->seq == previous.seq) previous = *confirmed_;
    // The message that installed what was rolled back may still be retained at the broker.
    if (candidate_->rollback && previous.job) {
        parts_.trust.quarantine(*previous.job);
        if (!parts_.trust.lost()) ESB_TRY(parts_.trust.save_quarantine());
    }
    ESB_TRY(parts_.records.previous.save(previous));
    ESB_TRY(parts_.records.run.save(image));
    confirmed_ = image;
    return {};
}

bool TrialRun::give_up(TrialCause cause) {
    if (cause == TrialCause::silent) {
        note(TrialPhase::silent);  // counted by the image that boots next
    } else if (candidate_) {
        static_cast<void>(count(cause));
    }
    return parts_.slots.reject_running().has_value();
}

// What cannot be stored is not tried again in this boot, since nobody could count the tries.
Verdict TrialRun::count(TrialCause cause) {
    const UpdatePolicy& policy = parts_.policy;
    const Verdict verdict = count_failure(*candidate_, cause, {policy.crash_limit, policy.trial_limit});
    if (verdict == Verdict::quarantine && candidate_->image.sha256) {
        parts_.trust.quarantine(*candidate_->image.sha256);
        static_cast<void>(parts_.trust.save_quarantine());
    }
    const bool stored = parts_.records.trial.save(*candidate_).has_value();
    const bool in_vain = verdict == Verdict::over && !candidate_->rollback && cause != TrialCause::cancelled;
    if (in_vain) parts_.failures.note(candidate_->image.job);
    return stored ? verdict : Verdict::over;
}

}  // namespace esb::ota
