#include "esb/ota/engine.hpp"

#include "esb/base/encoding.hpp"

#include <new>

namespace esb::ota {

// First 16 hex digits of a digest; empty for an image that no message installed.
FixedString<16> Engine::short_id(const std::optional<crypto::Digest>& digest) {
    std::array<char, 16> digits{};
    if (!digest) return {};
    const auto text = hex_encode(ConstBytes(*digest).first(8), digits);
    return FixedString<16>::from(text.value_or(std::string_view())).value_or(FixedString<16>());
}

Engine::Engine(const UpdaterParts& parts, const ImageIdentity& running, UpdaterHandler& handler)
    : parts_(parts),
      running_(running),
      handler_(handler),
      records_(parts.key_value),
      download_(parts.reactor, parts.names, parts.slots, parts.entropy, records_, *this),
      hasher_(parts.slots) {}

Engine::~Engine() { parts_.reactor.remove(*this); }

Status Engine::trust(std::string_view key) {
    const auto parsed = parse_key(key);
    if (!parsed) return fail(parsed.error());
    ESB_TRY(compiled_.add(*parsed));
    return key_version_ == 1 ? keyring_.add(*parsed) : Status();
}

void Engine::step(Instant now) {
    if (!policy_final_) use_policy(now);
    release_memory();
    if (step_ == Step::downloading) return download_.step(now);
    if (step_ == Step::verifying) return verify_more();
    if (now < at_) return;  // the other steps wait for a time or for the device
    switch (step_) {
        case Step::waiting:
            return resume_job();
        case Step::switch_later:
            return start_verifying();
        case Step::on_trial:
            return give_up(TrialCause::silent);
        case Step::finish_later:
            return finish_confirmation();
        default:
            return;
    }
}

// What a message takes is given back in the turn after it: what it says is looked at until then.
void Engine::release_memory() {
    if (step_ != Step::uploading || upload_described_) opening_.reset();
    if (step_ != Step::downloading && step_ != Step::verifying) download_.release();  // a wrong hash is an address's fault
}

Status Engine::take_memory() {
    if (!opening_) opening_.reset(new (std::nothrow) Opening);
    return opening_ ? Status() : fail(errors::ota_heap);
}

std::optional<Instant> Engine::deadline() const {
    if (!policy_final_) return Instant{};
    if (opening_ && step_ != Step::uploading) return Instant{};
    switch (step_) {
        case Step::idle:
        case Step::uploading:  // whoever brings the pieces knows when none will come any more
        case Step::rebooting:
            return std::nullopt;
        case Step::downloading:
            return download_.deadline();
        case Step::verifying:
            return Instant{};
        default:
            return at_;
    }
}

Status Engine::cancel() {
    if (step_ == Step::rebooting) return fail(errors::busy);
    static_cast<void>(forget_failures());
    if (step_ == Step::idle || step_ == Step::on_trial || step_ == Step::finish_later) return {};
    download_.stop();
    if (candidate_) static_cast<void>(records_.trial.remove());
    candidate_.reset();
    just_downloaded_ = false;
    step_ = Step::idle;
    const auto removed = records_.remove_job();
    report(State::failed, Error(errors::cancelled));
    return removed;
}

Status Engine::forget_failures() {
    failed_until_ = {};
    if (failures_.entries.empty()) return {};
    failures_.entries.clear();
    return records_.failures.save(failures_);
}

// What the progress says of the job that is downloaded.
void Engine::describe_job() {
    progress_ = {};
    progress_.id = short_id(job_.digest);
    progress_.ver = job_.manifest.ver;
    progress_.done = download_.received();
    progress_.size = job_.manifest.size.value_or(0);
    progress_.freshness_unknown = freshness_unknown_;
}

// What it says of an image that is in flash.
void Engine::describe_candidate() {
    progress_ = {};
    progress_.id = short_id(candidate_->image.job);
    progress_.ver = candidate_->ver;
    progress_.size = candidate_->image.size.value_or(0);
    progress_.done = progress_.size;
    progress_.freshness_unknown = freshness_unknown_;
}

void Engine::report(State state, std::optional<Error> error) {
    progress_.state = state;
    progress_.error = error;
    handler_.on_progress(progress_);
}

// The next report of what is under way replaces this one.
Status Engine::refuse(const Error& why, const crypto::Digest* id, std::string_view ver) {
    progress_ = {};
    if (id != nullptr) progress_.id = short_id(*id);
    static_cast<void>(progress_.ver.assign(ver));
    report(State::failed, why);
    return fail(why);
}

Duration Engine::next_wait(Backoff& backoff) {
    std::array<std::uint8_t, 4> random{0x80};
    static_cast<void>(parts_.entropy.fill(random));  // without it the wait is merely less random
    return backoff.next(ByteReader(random).be32().value_or(0));
}

}  // namespace esb::ota
