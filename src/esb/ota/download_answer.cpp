// What comes from a web server or a browser: whether it is the file, and its way into the slot.
#include "esb/ota/download.hpp"

#include "esb/ota/errors.hpp"
#include "esb/ota/mark_distance.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

constexpr Duration tell_every = 10s;
constexpr std::size_t tell_distance = 32 * 1024;  // of the image; a multiple of mark_distance

}  // namespace

Status Download::on_host(std::string_view host) {
    const bool allowed = plan_.hosts->empty() || net::is_listed_host(*plan_.hosts, host);
    return allowed ? Status() : fail(errors::ota_host);
}

Status Download::on_head(const net::HttpHead& head) {
    auto total = head.complete_size;
    if (!total && head.content_length) total = head.offset + *head.content_length;
    ESB_TRY(judge_size(total));
    ESB_TRY(judge_version(head));
    if (head.offset == 0 && position() > 0) begin_anew_for_whole();  // the server has ignored the range
    if (head.offset != file_offset() || (total && *total < file_offset())) return fail(errors::http_range);
    note_version(head);
    if (total && !plan_.size) expected_ = static_cast<std::uint32_t>(*total);
    return {};
}

// Of the whole file.
Status Download::judge_size(std::optional<std::uint64_t> total) const {
    if (!total) return {};
    if (plan_.cipher != nullptr) return *total == plan_.cipher->file_size() ? Status() : fail(errors::ota_size);
    if (is_packed()) return *total == packed().size ? Status() : fail(errors::ota_size);
    if (plan_.size && *total != *plan_.size) return fail(errors::ota_size);
    return *total <= slots_.geometry().size ? Status() : fail(errors::ota_too_large);
}

// Where the file goes on.
std::uint64_t Download::file_offset() const {
    return plan_.cipher != nullptr ? plan_.cipher->file_offset(position()) : position();
}

// The rest of another file than the one whose beginning this address has brought.
Status Download::judge_version(const net::HttpHead& head) {
    const bool known = head.version && version_.fingerprint && version_.address == address_ && position() > 0;
    if (!known || *head.version == *version_.fingerprint) return {};
    if (head.offset > 0) return fail(errors::http_changed);
    if (++changes_ <= excused_changes) best() = 0;
    begin_anew();  // the whole new file comes
    return {};
}

void Download::note_version(const net::HttpHead& head) {
    version_.address = address_;
    static_cast<void>(version_.etag.assign(head.etag));  // same capacity
    version_.fingerprint = head.version;
}

std::size_t Download::limit() const { return expected_.value_or(slots_.geometry().size); }

Status Download::take(ConstBytes piece) {
    if (plan_.cipher == nullptr) return take_file(piece);
    while (!piece.empty()) {
        const auto chunk = plan_.cipher->take(piece);
        if (!chunk) return fail(chunk.error());
        if (!chunk->empty()) ESB_TRY(take_file(*chunk));
    }
    return {};
}

// What was encrypted, if it was.
Status Download::take_file(ConstBytes piece) {
    if (!is_packed()) return take_image(piece);
    const auto taken = take_packed(piece);
    if (!taken) recheck_ = true;  // an unpacker goes on at a block only
    return taken;
}

Status Download::take_packed(ConstBytes piece) {
    while (true) {
        const auto made = unpacking_.take(piece);
        if (!made) return fail(made.error());
        if (made->empty()) return {};
        ESB_TRY(take_image(*made));
        checkpoint();
    }
}

Status Download::take_image(ConstBytes piece) {
    if (piece.size() > limit() - writer_.received()) return fail(expected_ ? errors::ota_size : errors::ota_too_large);
    ESB_TRY(collect_descriptor(piece));
    const auto written = writer_.write(piece);
    if (!written) recheck_ = true;
    return written;
}

Status Download::on_body(ConstBytes piece) {
    sources_ |= bit(address_);
    ESB_TRY(take(piece));
    checkpoint();
    if (reactor_.now() >= told_ + tell_every) tell();
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
    if (programmed == (mark_ ? mark_->bytes : 0) || programmed % mark_distance != 0) return;
    if (is_packed() && !(unpacking_.between_blocks() && programmed == writer_.received())) return;
    mark_ = {plan_.job, static_cast<std::uint32_t>(programmed), writer_.programmed_hash(), form_, is_packed() ? position() : 0};
    static_cast<void>(records_.mark.save(*mark_));  // a hint only: without it more is fetched again
    if (programmed % tell_distance == 0) tell();
}

void Download::tell() {
    told_ = reactor_.now();
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
    mark_ = {plan_.job, received(), writer_.programmed_hash(), form_, is_packed() ? position() : 0};
    static_cast<void>(records_.mark.save(*mark_));
    return {};
}

void Download::on_done(Status outcome) {
    note_host();
    // All the bytes of the signed size are there: however the connection ended, the hash decides.
    const bool whole = plan_.size == received() && !recheck_;
    if (!outcome && whole && outcome.error() != errors::ota_size) outcome = {};
    if (outcome) outcome = complete();
    if (!outcome) return attempt_ended(outcome.error());
    finish({});
}

}  // namespace esb::ota
