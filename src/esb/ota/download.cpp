#include "esb/ota/download.hpp"

#include "esb/ota/errors.hpp"

#include <algorithm>
#include <bit>

namespace esb::ota {
namespace {

constexpr std::size_t hash_portion = 65536;  // bytes a turn

// What a failed try says of the next one.
enum class Blame : std::uint8_t {
    chance,   // the next try may do better
    address,  // this address will not
    file,     // no address will
};

bool permanent_status(std::int32_t status) {
    constexpr std::int32_t request_timeout = 408, range_not_satisfiable = 416, too_many_requests = 429;
    return status < 500 && status != request_timeout && status != range_not_satisfiable && status != too_many_requests;
}

Blame blame(const Error& why) {
    if (why == errors::http_status) return permanent_status(why.detail()) ? Blame::address : Blame::chance;
    for (const auto* kind : {&errors::url_bad, &errors::url_scheme, &errors::http_https}) {
        if (why == *kind) return Blame::address;
    }
    for (const auto* kind :
         {&errors::ota_size, &errors::ota_too_large, &errors::ota_descriptor, &errors::ota_no_descriptor,
          &errors::ota_wrong_app, &errors::ota_wrong_hw, &errors::ota_below_floor, &errors::slot_bounds,
          &errors::slot_alignment, &errors::slot_running}) {
        if (why == *kind) return Blame::file;
    }
    return Blame::chance;
}

// The server's file is not the one whose beginning we hold.
bool beginning_is_doubtful(const Error& why) {
    constexpr std::int32_t range_not_satisfiable = 416;
    return why == errors::http_range || (why == errors::http_status && why.detail() == range_not_satisfiable);
}

}  // namespace

Download::Download(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::Entropy& entropy,
                   Records& records, DownloadOwner& owner)
    : reactor_(reactor),
      slots_(slots),
      entropy_(entropy),
      records_(records),
      owner_(owner),
      http_(reactor, names),
      writer_(slots),
      hasher_(slots) {}

void Download::start(const DownloadPlan& plan) {
    stop();
    plan_ = plan;
    backoff_ = Backoff(plan.retry_first, plan.retry_longest);
    dead_.fill(false);
    touched_ = false;
    address_ = 0;
    tries_ = 0;
    look_for_mark();
}

void Download::start_over() {
    http_.cancel();
    begin_anew();
    stage_ = Stage::waiting;
    at_ = reactor_.now();
}

void Download::begin_fed(const DownloadPlan& plan) {
    stop();
    plan_ = plan;
    touched_ = false;
    begin_anew();
}

void Download::stop() {
    http_.cancel();
    stage_ = Stage::idle;
}

void Download::look_for_mark() {
    recheck_ = false;
    begin_anew();
    stage_ = Stage::waiting;
    at_ = reactor_.now();
    const auto mark = records_.mark.load();
    if (!mark || mark->job != plan_.job || mark->bytes == 0 || mark->bytes > limit()) return;
    const bool whole = mark->bytes == plan_.size;
    if (!whole && mark->bytes % slots_.geometry().erase_block != 0) return;
    mark_ = *mark;
    hasher_.start(plan_.slot, mark_->bytes);
    stage_ = Stage::checking_prefix;
}

void Download::begin_anew() {
    writer_.begin(plan_.slot);
    mark_.reset();
    expected_ = plan_.size;
    resumed_ = false;
    described_ = false;
}

void Download::check_prefix() {
    const auto done = hasher_.advance(hash_portion);
    if (done && !*done) return;
    stage_ = Stage::waiting;
    at_ = reactor_.now();
    if (!done || hasher_.sha256() != mark_->prefix) return begin_anew();
    if (const auto taken = take_over_prefix(); !taken) return finish(taken);
    if (plan_.size == mark_->bytes) finish({});
}

Status Download::take_over_prefix() {
    writer_.resume(plan_.slot, mark_->bytes, hasher_.state());
    resumed_ = true;
    const std::size_t at = slots_.geometry().descriptor_at;
    if (mark_->bytes < at + descriptor_.size()) return fail(errors::ota_no_descriptor);
    ESB_TRY(slots_.read(plan_.slot, at, descriptor_));
    return describe();
}

Status Download::describe() {
    described_ = true;
    ESB_TRY(owner_.on_descriptor(std::bit_cast<ImageDescriptor>(descriptor_)));
    touched_ = true;
    return {};
}

void Download::step(Instant now) {
    if (stage_ == Stage::checking_prefix) return check_prefix();
    if (stage_ != Stage::waiting || now < at_) return;
    if (recheck_) return look_for_mark();
    fetch();
}

std::optional<Instant> Download::deadline() const {
    if (stage_ == Stage::checking_prefix) return Instant{};
    if (stage_ == Stage::waiting) return at_;
    return std::nullopt;  // idle, or the request has deadlines of its own
}

void Download::fetch() {
    stage_ = Stage::fetching;
    const auto started = http_.start((*plan_.urls)[address_], writer_.received(), *this);
    if (!started) attempt_ended(started.error());
}

// True when there is another address to ask before the round is over.
bool Download::next_address() {
    const std::size_t before = address_;
    do {
        address_ = (address_ + 1) % plan_.urls->size();
    } while (dead_[address_] && address_ != before);
    return address_ > before;
}

void Download::attempt_ended(const Error& why) {
    const Blame blamed = blame(why);
    if (blamed == Blame::file) return finish(fail(why));
    if (blamed == Blame::address) {
        dead_[address_] = true;
        if (std::all_of(dead_.begin(), dead_.begin() + plan_.urls->size(), [](bool dead) { return dead; })) {
            return finish(fail(why));
        }
    } else if (++tries_ >= plan_.tries) {
        return finish(fail(why));
    }
    const bool same_round = next_address();
    stage_ = Stage::waiting;
    at_ = reactor_.now();
    if (!same_round) {
        std::array<std::uint8_t, 4> random{0x80};
        static_cast<void>(entropy_.fill(random));  // without it the wait is merely less random
        at_ += backoff_.next(ByteReader(random).be32().value_or(0));
    }
    if (beginning_is_doubtful(why)) begin_anew();
}

void Download::finish(Status outcome) {
    stop();
    owner_.on_download_done(outcome);
}

Status Download::on_head(const net::HttpHead& head) {
    if (head.offset == 0 && writer_.received() > 0) begin_anew();  // the server has ignored the range
    if (head.offset != writer_.received()) return fail(errors::http_range);
    auto total = head.complete_size;
    if (!total && head.content_length) total = head.offset + *head.content_length;
    if (!total) return {};
    if (plan_.size && *total != *plan_.size) return fail(errors::ota_size);
    if (*total > limit()) return fail(errors::ota_too_large);
    if (*total < writer_.received()) return fail(errors::http_range);
    expected_ = static_cast<std::uint32_t>(*total);
    return {};
}

std::size_t Download::limit() const { return expected_ ? *expected_ : slots_.geometry().size; }

Status Download::take(ConstBytes piece) {
    if (piece.size() > limit() - writer_.received()) {
        return fail(expected_ ? errors::ota_size : errors::ota_too_large);
    }
    ESB_TRY(collect_descriptor(piece));
    const auto written = writer_.write(piece);
    if (!written) recheck_ = true;
    return written;
}

Status Download::on_body(ConstBytes piece) {
    ESB_TRY(take(piece));
    checkpoint();
    return {};
}

// Copies the part of `piece` that belongs to the descriptor; judges it when its last byte is there.
Status Download::collect_descriptor(ConstBytes piece) {
    if (described_) return {};
    const std::size_t begin = slots_.geometry().descriptor_at;
    const std::size_t end = begin + descriptor_.size();
    const std::size_t at = writer_.received();
    const std::size_t from = std::max(at, begin);
    const std::size_t to = std::min(at + piece.size(), end);
    if (from < to) copy(piece.subspan(from - at, to - from), MutBytes(descriptor_).subspan(from - begin));
    if (at + piece.size() < end) return {};
    return describe();
}

void Download::checkpoint() {
    const std::size_t programmed = writer_.programmed();
    if (programmed == (mark_ ? mark_->bytes : 0) || programmed % slots_.geometry().erase_block != 0) return;
    mark_ = {plan_.job, static_cast<std::uint32_t>(programmed), writer_.programmed_hash()};
    static_cast<void>(records_.mark.save(*mark_));  // a hint only: without it more is fetched again
    tries_ = 0;
    backoff_.reset();
    owner_.on_downloaded(received(), expected_);
}

Status Download::end_file() {
    if (expected_ && writer_.received() != *expected_) return fail(errors::ota_size);
    if (!described_) return fail(errors::ota_no_descriptor);
    const auto written = writer_.finish();
    if (!written) recheck_ = true;
    return written;
}

Status Download::complete() {
    ESB_TRY(end_file());
    mark_ = {plan_.job, received(), writer_.programmed_hash()};
    static_cast<void>(records_.mark.save(*mark_));
    return {};
}

void Download::on_done(Status outcome) {
    if (outcome) outcome = complete();
    if (!outcome) return attempt_ended(outcome.error());
    finish({});
}

}  // namespace esb::ota
