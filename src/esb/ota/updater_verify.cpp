// The candidate in flash: hashed, judged, switched to.
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

#include <new>

namespace esb::ota {
// A legacy message tells another hash than the one that the download has found.
bool Updater::by_md5() const { return is_written() && install_->offer.is_legacy(); }

void Updater::start_verifying(Event event) {
    if (!take(event)) return;
    describe_candidate();
    if (by_md5()) read_back_.reset();
    if (read_back_ || start_hashing()) return report(State::verifying);
    take(Event::memory_short);
    pause();
    report(State::verifying, Error(errors::ota_heap));
}

bool Updater::start_hashing() {
    const ImageRecord& image = trial_.candidate().image;
    if (!hasher_) hasher_.reset(new (std::nothrow) SlotHasher(parts_.slots));
    if (hasher_) hasher_->start(image.slot, image.size.value_or(0), by_md5());
    return hasher_ != nullptr;
}

void Updater::verify_more() {
    if (!read_back_) {
        const auto done = hasher_->advance(SlotHasher::portion);
        if (!done) return switch_failed(done.error());
        if (!*done) return;
        read_back_ = hasher_->sha256();
    }
    const auto good = judge_flash();
    read_back_.reset();  // if the switch fails the flash is read again, as it may be later by any time
    if (!good) return refuted(good.error());
    if (install_) install_->written = false;
    if (const auto switched = trial_.switch_slot(); !switched) return switch_failed(switched.error());
    take(Event::switched);
    report(State::rebooting);
    handler_.on_restart_wanted();
}

// The hash is of what the flash reads.
Status Updater::judge_flash() {
    if (by_md5()) {
        if (hasher_->md5() != *install_->offer.md5) return fail(errors::ota_hash);
        trial_.candidate().image.sha256 = *read_back_;
    }
    return trial_.judge_flash(*read_back_);
}

// The image in flash is not the one it should be.
void Updater::refuted(const Error& why) {
    if (!is_written()) return drop_candidate(why);
    static_cast<void>(records_.mark.remove());
    if (why != errors::ota_hash || install_->uploaded) return job_failed(why);
    forget_candidate();
    take(Event::wrong_hash);
    describe_job();
    install_->download.refuted(why);
}

void Updater::switch_failed(const Error& why) {
    if (why == errors::slot_bad_image || ++switch_failures_ >= policy_.download_tries) return drop_candidate(why);
    take(Event::switch_failed);
    pause();
    report(State::verifying, why);
}

void Updater::drop_candidate(const Error& why) {
    const TrialRecord& candidate = trial_.candidate();
    describe_candidate();
    hold_back(candidate.image.job, next_wait(wear_));
    if (!candidate.rollback) failures_.note(candidate.image.job);
    static_cast<void>(records_.trial.remove());
    static_cast<void>(forget_job());
    forget_candidate();
    take(Event::failed);
    report(State::failed, why);
}

}  // namespace esb::ota
