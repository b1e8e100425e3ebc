// From the first byte of a download to the restart into the new image.
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace esb::ota {
namespace {

constexpr std::size_t hash_portion = 65536;  // bytes a turn

// Failures that another try at once would only repeat, at the price of another erase.
bool wears_flash(const Error& why) {
    return why == errors::ota_hash || why == errors::ota_size || why == errors::slot_bad_image ||
           why == errors::flash_failed;
}

bool about_a_server(const Error& why) {
    return why.name().starts_with("http.") || why == errors::ota_size || why == errors::ota_hash ||
           why == errors::ota_descriptor || why == errors::ota_no_descriptor || why == errors::ota_host;
}

}  // namespace

void Engine::start_download() {
    step_ = Step::downloading;
    uploaded_ = false;
    switch_failures_ = 0;
    DownloadPlan plan;
    plan.job = job_.digest;
    if (!job_.is_legacy()) plan.size = job_.manifest.size;
    plan.slot = idle_slot();
    plan.urls = &job_.manifest.urls;
    plan.hosts = &policy_.hosts;
    if (const auto* known = failures_.find(job_.digest)) plan.strikes = known->strikes;
    plan.tries = policy_.download_tries;
    plan.refusals = policy_.download_refusals;
    plan.retry_first = std::min(policy_.retry_first, policy_.download_first);
    plan.retry_longest = policy_.retry_longest;
    download_.start(plan);
    describe_job();
    report(State::downloading);
}

Status Engine::on_descriptor(const ImageDescriptor& descriptor) {
    const auto image = parse_descriptor(descriptor);
    if (!image) return fail(image.error());
    UpdateManifest& manifest = job_.manifest;
    if (job_.is_legacy()) {
        if (image->app != running_.app) return fail(errors::ota_wrong_app);
        if (image->hw != running_.hw) return fail(errors::ota_wrong_hw);
        if (image->seq < floor_) return fail(errors::ota_below_floor);
        manifest.seq = image->seq;
        ESB_TRY(manifest.ver.assign(image->ver));
    }
    if (image->app != manifest.app || image->hw != manifest.hw || image->ver != manifest.ver.view() ||
        image->seq != manifest.seq) {
        return fail(errors::ota_descriptor);
    }
    return records_.previous.remove();  // its slot is erased next
}

void Engine::on_downloaded(std::uint32_t, std::optional<std::uint32_t> size) {
    describe_job();
    progress_.size = size.value_or(0);
    report(State::downloading);
}

void Engine::on_trouble(const Error& why, std::string_view host) {
    describe_job();
    static_cast<void>(progress_.host.assign(host));  // same capacity
    report(State::downloading, why);
}

// Before anything else: a restart must not forget it.
void Engine::on_wrong_file(std::size_t address) {
    ++failures_.of(job_.digest).strikes[address];
    static_cast<void>(records_.failures.save(failures_));
}

void Engine::note_failure(const std::optional<crypto::Digest>& job) {
    if (!job) return;
    auto& failures = failures_.of(*job).failures;
    if (failures < 0xFF) ++failures;
    static_cast<void>(records_.failures.save(failures_));
}

bool Engine::given_up(const Job& job) const {
    const auto* const known = failures_.find(job.digest);
    if (known == nullptr) return false;
    const auto first = known->strikes.begin();
    const auto urls = static_cast<std::ptrdiff_t>(job.manifest.urls.size());
    return known->failures >= policy_.failure_limit ||
           std::all_of(first, first + urls, [](auto strikes) { return strikes >= strike_limit; });
}

void Engine::on_download_done(Status outcome) {
    if (!outcome) return job_failed(outcome.error());
    const UpdateManifest& manifest = job_.manifest;
    candidate_.emplace();
    candidate_->image = {idle_slot(), manifest.seq.value_or(0), download_.received(), manifest.sha256, job_.digest};
    candidate_->ver = manifest.ver;
    candidate_->floor = manifest.floor;
    candidate_->from_seq = running_.seq;
    just_downloaded_ = true;
    read_back_ = download_.flash_hash();
    start_verifying();
}

void Engine::job_failed(const Error& why) {
    if (download_.has_erased() && wears_flash(why)) {
        failed_job_ = job_.digest;
        failed_until_ = parts_.reactor.now() + next_wait(wear_);
        note_failure(job_.digest);
    }
    describe_job();
    if (!uploaded_ && about_a_server(why)) static_cast<void>(progress_.host.assign(download_.host()));  // same capacity
    download_.stop();
    candidate_.reset();
    just_downloaded_ = false;
    step_ = Step::idle;
    static_cast<void>(records_.remove_job());  // if it stays it is judged anew at the next boot
    report(State::failed, why);
}

void Engine::start_verifying() {
    step_ = Step::verifying;
    const bool by_md5 = just_downloaded_ && job_.is_legacy();
    if (by_md5) read_back_.reset();  // the hash that was told is another one
    if (!read_back_) hasher_.start(candidate_->image.slot, candidate_->image.size.value_or(0), by_md5);
    describe_candidate();
    report(State::verifying);
}

void Engine::verify_more() {
    if (!read_back_) {
        const auto done = hasher_.advance(hash_portion);
        if (!done) return switch_failed(done.error());
        if (!*done) return;
        read_back_ = hasher_.sha256();
    }
    const auto good = judge_flash();
    read_back_.reset();  // if the switch fails the flash is read again, as it may be later by any time
    if (!good) return refuted(good.error());
    just_downloaded_ = false;
    const auto switched = switch_slot();
    if (!switched) return switch_failed(switched.error());
    step_ = Step::rebooting;
    report(State::rebooting);
    handler_.on_restart_wanted();
}

// The hash is of what the flash reads; so is the descriptor.
Status Engine::judge_flash() {
    ImageRecord& image = candidate_->image;
    const crypto::Digest found = *read_back_;
    if (just_downloaded_ && job_.is_legacy()) {
        if (hasher_.md5() != *job_.md5) return fail(errors::ota_hash);
        image.sha256 = found;
    }
    // Only the image that was there from birth has no hash, and the only way to it is back.
    if (!image.sha256 && !candidate_->rollback) return fail(errors::ota_hash);
    if (image.sha256 && found != *image.sha256) return fail(errors::ota_hash);
    if (image.sha256 && bad_.contains(*image.sha256)) return fail(errors::ota_quarantined);

    // A record of an earlier trial may have come back to life.
    if (trust_lost_) return fail(errors::trust_lost);
    if (image.seq < floor_) return fail(errors::ota_below_floor);

    const auto descriptor = read_descriptor(image.slot);
    if (!descriptor) return fail(descriptor.error());
    const auto identity = parse_descriptor(*descriptor);
    if (!identity) return fail(identity.error());
    if (identity->app != running_.app || identity->hw != running_.hw || identity->seq != image.seq) {
        return fail(errors::ota_descriptor);
    }
    return {};
}

Result<ImageDescriptor> Engine::read_descriptor(chip::SlotId slot) {
    std::array<std::uint8_t, sizeof(ImageDescriptor)> bytes{};
    ESB_TRY(parts_.slots.read(slot, parts_.slots.geometry().descriptor_at, bytes));
    return std::bit_cast<ImageDescriptor>(bytes);
}

// The image in flash is not the one it should be.
void Engine::refuted(const Error& why) {
    if (!just_downloaded_) return drop_candidate(why);
    static_cast<void>(records_.mark.remove());
    if (why != errors::ota_hash || uploaded_) return job_failed(why);
    candidate_.reset();
    just_downloaded_ = false;
    step_ = Step::downloading;
    describe_job();
    download_.refuted(why);
}

// In this order a cut leaves either the old choice and the record, or both new (trial.hpp).
Status Engine::switch_slot() {
    candidate_->phase = TrialPhase::prepared;
    ESB_TRY(records_.trial.save(*candidate_));
    static_cast<void>(records_.remove_job());  // the trial record says all that is needed from here on
    static_cast<void>(records_.mark.remove());
    ESB_TRY(parts_.slots.set_boot(candidate_->image.slot));
    candidate_->phase = TrialPhase::switched;
    return records_.trial.save(*candidate_);
}

void Engine::switch_failed(const Error& why) {
    if (why == errors::slot_bad_image || ++switch_failures_ >= policy_.download_tries) return drop_candidate(why);
    step_ = Step::switch_later;
    at_ = parts_.reactor.now() + next_wait(retry_);
    report(State::verifying, why);
}

void Engine::drop_candidate(const Error& why) {
    describe_candidate();
    failed_job_ = candidate_->image.job;
    failed_until_ = parts_.reactor.now() + next_wait(wear_);
    if (!candidate_->rollback) note_failure(failed_job_);
    static_cast<void>(records_.trial.remove());
    static_cast<void>(records_.remove_job());
    candidate_.reset();
    just_downloaded_ = false;
    step_ = Step::idle;
    report(State::failed, why);
}

}  // namespace esb::ota
