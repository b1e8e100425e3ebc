#include "esb/ota/updater.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/trace.hpp"
#include "esb/ota/install.hpp"
#if ESB_TRACE
#include "esb/ota/states_text.hpp"
#endif

#include <algorithm>
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

constexpr Duration refusal_shown = 5s;  // before an update that waits is told of again

Fetched fetched(Form form) {
    if (form == full_form) return Fetched::image;
    return form == packed_form ? Fetched::packed : Fetched::delta;
}

}  // namespace

// What is held while nothing is under way; docs/footprint.md has it on a chip.
static_assert(sizeof(Updater) <= (sizeof(void*) == 4 ? 3540 : 4000));

Updater::Updater(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler)
    : parts_(parts),
      running_(running),
      handler_(handler),
      records_(parts.key_value),
      trust_(records_, running_),
      failures_(records_),
      trial_({parts.slots, parts.system, records_, trust_, failures_, running_, policy_}) {}

Updater::~Updater() { parts_.reactor.remove(*this); }

bool Updater::take(Event event) {
    [[maybe_unused]] const auto from = here();
    if (!machine_.take(event, parts_.witness)) return false;
#if ESB_TRACE
    trace::state("update", name(from), name(event), name(here()));
#endif
    return true;
}

void Updater::step(Instant now) {
    if (!policy_final_) use_policy(now);
    release_memory();
    if constexpr (with_update_policy) {
        if (here() == Step::idle && waiting_) hold(Event::put_off);
    }
#if ESB_DATA_PARTITIONS
    if (here() == Step::downloading && install_->copying) return copy_data();
#endif
    if (here() == Step::downloading) return install_->download.step(now);
    if (here() == Step::verifying) return verify_more();
    if (now < at_) return;  // the other steps wait for a time or for the device
    switch (here()) {
        case Step::on_hold:
            if constexpr (with_update_policy) look_at_hold();
            return;
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
#if ESB_DATA_PARTITIONS
            if (install_->copying) return Instant{};
#endif
            return install_->download.deadline();
        case Step::verifying:
            return Instant{};
        case Step::on_hold:
        case Step::waiting:
        case Step::switch_later:
        case Step::on_trial:
        case Step::finish_later:
            return at_;
        case Step::idle:
            return waiting_ ? std::optional(Instant{}) : std::nullopt;
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
        install_.reset(new (std::nothrow) Install(p.reactor, p.names, p.slots, p.system, p.entropy, records_, *this));
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
    failed_until_ = {};
    static_cast<void>(failures_.clear());
    if (!machine_.can(Event::cancelled)) return {};
    waiting_.reset();
    return abandon(Error(errors::cancelled));
}

// An update that waits beside it goes on waiting.
Status Updater::abandon(const Error& why) {
    take(Event::cancelled);
    if (install_) install_->download.stop();
    if (trial_.has_candidate()) static_cast<void>(records_.trial.remove());
    forget_candidate();
    const auto removed = forget_job();
    report(State::failed, why);
    return removed;
}

Status Updater::forget_failures() {
    failed_until_ = {};
    if constexpr (with_update_policy) ESB_TRY(records_.skip.remove());
    return failures_.clear();
}

// A newer message takes the place of what is under way.
void Updater::give_way() {
    if (here() != Step::idle) take(Event::superseded);
    if (install_) install_->download.stop();
    static_cast<void>(records_.trial.remove());  // of one tried in vain, too: the next start would end this one for it
    forget_candidate();
    waiting_.reset();
}

// Its own message is stored in the place of theirs. If it cannot be, what waited goes on waiting.
Status Updater::take_place(std::string_view text) {
    const auto before = waiting_;
    give_way();
    const auto saved = records_.save_job(text, opening_->text);
    if (saved || !before) return saved;
    waiting_ = before;
    take(Event::put_off);
    return saved;
}

// While an upload is under way the stored message is another one, which waits.
Status Updater::forget_job() {
    if (waiting_) return {};
    const auto removed = records_.remove_job();
    if constexpr (with_update_policy) static_cast<void>(records_.wait.remove());  // says nothing of another message
    return removed;
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
    progress_.fetched = fetched(install_->download.form());
#if ESB_DATA_PARTITIONS
    if (const auto* const data = install_->place.data()) {
        progress_.size = data->size;
        progress_.fetched = Fetched::data;
    }
#endif
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

// And of a message that waits.
void Updater::describe_waiting() {
    progress_ = {};
    progress_.id = short_id(waiting_->said.job);
    progress_.ver = waiting_->ver;
    progress_.size = waiting_->size;
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

// The next report of what is under way replaces this one; of what waits there is one soon.
Status Updater::refuse(const Error& why, const crypto::Digest* id, std::string_view ver) {
    if (here() == Step::on_hold) at_ = std::min(at_, parts_.reactor.now() + refusal_shown);
    progress_ = {};
    if (id != nullptr) progress_.id = short_id(*id);
    static_cast<void>(progress_.ver.assign(ver));
    report(State::failed, why);
    return fail(why);
}

Status Updater::refuse_offer(const Error& why) {
    return refuse(why, &opening_->offer.digest, opening_->offer.manifest.ver);
}

// Is the progress of this message?
bool Updater::tells_of(const crypto::Digest& job) const { return progress_.id == short_id(job); }

Duration Updater::next_wait(Backoff& backoff) { return backoff.next(chip::spreading_number(parts_.entropy)); }

// The step lasts for a back-off.
void Updater::pause() { at_ = parts_.reactor.now() + next_wait(retry_); }

void Updater::hold_back(const std::optional<crypto::Digest>& job, Duration wait) {
    failed_job_ = job;
    failed_until_ = after(parts_.reactor.now(), wait);
}

}  // namespace esb::ota
