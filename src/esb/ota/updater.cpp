#include "esb/ota/updater.hpp"

#include "esb/base/encoding.hpp"
#include "esb/ota/install.hpp"

#include <new>

namespace esb::ota {
namespace {

// First 16 hex digits of a digest; empty for an image that no message installed.
FixedString<16> short_id(const std::optional<crypto::Digest>& digest) {
    std::array<char, 16> digits{};
    if (!digest) return {};
    const auto text = hex_encode(ConstBytes(*digest).first(8), digits);
    return FixedString<16>::from(text.value_or(std::string_view())).value_or(FixedString<16>());
}

}  // namespace

// What is held while nothing is under way; docs/footprint.md has it on a chip.
static_assert(sizeof(Updater) <= (sizeof(void*) == 4 ? 3300 : 3700));

Updater::Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler)
    : parts_(parts),
      running_(running),
      handler_(handler),
      records_(parts.key_value),
      trust_(records_, running_),
      failures_(records_),
      trial_({parts.slots, parts.system, records_, trust_, failures_, running_, policy_}) {}

Updater::~Updater() { parts_.reactor.remove(*this); }

bool Updater::take(Event event) { return machine_.take(event, parts_.witness); }

void Updater::step(Instant now) {
    if (!policy_final_) use_policy(now);
    release_memory();
    if (here() == Step::downloading) return install_->download.step(now);
    if (here() == Step::verifying) return verify_more();
    if (now < at_) return;  // the other steps wait for a time or for the device
    switch (here()) {
        case Step::waiting:
            return resume_job();
        case Step::switch_later:
            return start_verifying(Event::time_up);
        case Step::on_trial:
            return give_up(TrialCause::silent);
        case Step::finish_later:
            return finish_confirmation();
        default:
            return;
    }
}

std::optional<Instant> Updater::deadline() const {
    if (!policy_final_ || holds_leftovers()) return Instant{};
    switch (here()) {
        case Step::downloading:
            return install_->download.deadline();
        case Step::verifying:
            return Instant{};
        case Step::waiting:
        case Step::switch_later:
        case Step::on_trial:
        case Step::finish_later:
            return at_;
        default:  // whoever brings an upload's pieces knows when none will come any more
            return std::nullopt;
    }
}

Status Updater::take_opening() {
    if (!opening_) opening_.reset(new (std::nothrow) Opening);
    return opening_ ? Status() : fail(errors::ota_heap);
}

Status Updater::take_install() {
    const UpdaterParts& p = parts_;
    if (!install_) {
        install_.reset(new (std::nothrow) Install(p.reactor, p.names, p.slots, p.entropy, records_, *this));
    }
    return install_ ? Status() : fail(errors::ota_heap);
}

bool Updater::installing() const {
    switch (here()) {
        case Step::waiting:
        case Step::downloading:
        case Step::uploading:
            return true;
        case Step::verifying:
        case Step::switch_later:
            return is_written();
        default:
            return false;
    }
}

bool Updater::holds_leftovers() const {
    return (opening_ && here() != Step::announced) || (install_ && !installing()) ||
           (hasher_ && here() != Step::verifying);
}

// What a message takes is given back in the turn after it: what it says is looked at until then. So is the rest,
// because a step may end within a call of what is given back.
void Updater::release_memory() {
    if (here() != Step::announced) opening_.reset();
    if (here() != Step::verifying) hasher_.reset();
    if (!installing()) install_.reset();
    if (install_ && here() != Step::downloading) install_->download.release();
}

Status Updater::cancel() {
    if (here() == Step::rebooting) return fail(errors::busy);
    static_cast<void>(forget_failures());
    if (!take(Event::cancelled)) return {};
    if (install_) install_->download.stop();
    if (trial_.has_candidate()) static_cast<void>(records_.trial.remove());
    forget_candidate();
    const auto removed = records_.remove_job();
    report(State::failed, Error(errors::cancelled));
    return removed;
}

Status Updater::forget_failures() {
    failed_until_ = {};
    return failures_.clear();
}

void Updater::forget_candidate() {
    trial_.forget();
    if (install_) install_->written = false;
}

bool Updater::is_written() const { return install_ && install_->written; }

// What the progress says of the job that is downloaded.
void Updater::describe_job() {
    const UpdateManifest& manifest = install_->offer.manifest;
    progress_ = {};
    progress_.id = short_id(install_->offer.digest);
    progress_.ver = manifest.ver;
    progress_.done = install_->download.received();
    progress_.size = manifest.size.value_or(0);
    progress_.freshness_unknown = freshness_unknown_;
}

// What it says of an image that is in flash.
void Updater::describe_candidate() {
    const TrialRecord& candidate = trial_.candidate();
    progress_ = {};
    progress_.id = short_id(candidate.image.job);
    progress_.ver = candidate.ver;
    progress_.size = candidate.image.size.value_or(0);
    progress_.done = progress_.size;
    progress_.freshness_unknown = freshness_unknown_;
}

void Updater::report_running(const crypto::Digest& id) {
    progress_ = {};
    progress_.id = short_id(id);
    static_cast<void>(progress_.ver.assign(running_.ver));
    progress_.size = trial_.confirmed()->size.value_or(0);
    progress_.done = progress_.size;
    report(State::confirmed);
}

void Updater::report(State state, std::optional<Error> error) {
    progress_.state = state;
    progress_.error = error;
    handler_.on_progress(progress_);
}

// The next report of what is under way replaces this one.
Status Updater::refuse(const Error& why, const crypto::Digest* id, std::string_view ver) {
    progress_ = {};
    if (id != nullptr) progress_.id = short_id(*id);
    static_cast<void>(progress_.ver.assign(ver));
    report(State::failed, why);
    return fail(why);
}

Status Updater::refuse_offer(const Error& why) {
    return refuse(why, &opening_->offer.digest, opening_->offer.manifest.ver);
}

Duration Updater::next_wait(Backoff& backoff) {
    return backoff.next(chip::spreading_number(parts_.entropy));
}

// The step lasts for a back-off.
void Updater::pause() { at_ = parts_.reactor.now() + next_wait(retry_); }

void Updater::hold_back(const std::optional<crypto::Digest>& job, Duration wait) {
    failed_job_ = job;
    failed_until_ = parts_.reactor.now() + wait;
}

}  // namespace esb::ota
