// An image from a browser: envelope, LF, image. What the envelope says is judged before a byte of the image is looked
// at, and the image's descriptor before a byte of the slot is erased.
#include "esb/base/file_text.hpp"
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

constexpr std::uint8_t separator = '\n';  // an envelope cannot contain it
// What a file may have around the envelope: its mark, a CR; the envelope itself is measured when it is opened.
constexpr std::size_t envelope_line_max = envelope_max + 8;
constexpr std::uint32_t report_every = 65536;

}  // namespace

Status Engine::begin_upload(std::uint32_t size) {
    // Whatever is under way goes on, and goes on being reported.
    if (step_ == Step::on_trial) return fail(errors::ota_in_trial);
    if (step_ != Step::idle) return fail(errors::busy);
    if (trust_lost_) return refuse(Error(errors::trust_lost));
    if (size > envelope_line_max + 1 + parts_.slots.geometry().size) return refuse(Error(errors::ota_too_large));
    if (const auto room = take_memory(); !room) return refuse(room.error());
    step_ = Step::uploading;
    upload_size_ = size;
    envelope_size_ = 0;
    upload_described_ = false;
    return {};
}

Status Engine::upload_piece(ConstBytes piece) {
    if (step_ != Step::uploading) return fail(errors::cancelled);  // by a signed command meanwhile
    while (!upload_described_ && !piece.empty()) {
        const auto used = collect_envelope(piece);
        if (!used) return upload_failed(used.error());
        piece = piece.subspan(*used);
    }
    if (!upload_described_ || piece.empty()) return {};
    const auto before = download_.received();
    if (const auto taken = download_.feed(piece); !taken) return upload_failed(taken.error());
    if (download_.received() / report_every == before / report_every) return {};
    describe_job();
    report(State::downloading);
    return {};
}

// Returns how many bytes belong to the envelope or end it.
Result<std::size_t> Engine::collect_envelope(ConstBytes piece) {
    const auto end = std::find(piece.begin(), piece.end(), separator);
    const auto size = static_cast<std::size_t>(end - piece.begin());
    if (size > envelope_line_max - envelope_size_) return fail(errors::envelope_too_large);
    copy(piece.first(size), MutBytes(opening_->text).subspan(envelope_size_));
    envelope_size_ += size;
    if (end == piece.end()) return size;
    const auto line = as_text(ConstBytes(opening_->text).first(envelope_size_));
    if (bare_text(line).empty() && line.size() < upload_size_) {  // an empty line in front
        upload_size_ -= static_cast<std::uint32_t>(line.size() + 1);
        envelope_size_ = 0;
        return size + 1;
    }
    ESB_TRY(open_bundle(line));
    return size + 1;
}

Status Engine::open_bundle(std::string_view text) {
    const auto envelope = open_envelope(text, keyring_, opening_->payload);
    if (!envelope) return fail(envelope.error());
    if (envelope->type != EnvelopeType::update) return fail(errors::envelope_typ);
    ESB_TRY(open_update(*envelope));
    if (const auto fit = judge_bundle(text.size()); !fit) {
        step_ = Step::idle;
        return refuse(fit.error(), &opening_->offer.digest, opening_->offer.manifest.ver);
    }
    job_ = opening_->offer;
    upload_described_ = true;
    uploaded_ = true;
    switch_failures_ = 0;
    DownloadPlan plan;
    plan.job = job_.digest;
    plan.size = job_.manifest.size;
    plan.slot = idle_slot();
    download_.begin_fed(plan);
    describe_job();
    report(State::downloading);
    return {};
}

Status Engine::judge_bundle(std::size_t envelope_size) {
    ESB_TRY(preflight(opening_->offer));
    if (failed_lately(opening_->offer)) return fail(errors::ota_too_soon);
    if (upload_size_ - envelope_size - 1 != *opening_->offer.manifest.size) return fail(errors::ota_size);
    return {};
}

Status Engine::end_upload() {
    if (step_ != Step::uploading) return fail(errors::cancelled);
    if (!upload_described_) return upload_failed(Error(errors::ota_size));
    if (const auto whole = download_.end_fed(); !whole) return upload_failed(whole.error());
    on_download_done({});
    return {};
}

void Engine::upload_lost() {
    if (step_ == Step::uploading) static_cast<void>(upload_failed(Error(errors::ota_upload_lost)));
}

Status Engine::upload_failed(const Error& why) {
    if (step_ != Step::uploading) return fail(why);  // it has been said
    if (upload_described_) {
        job_failed(why);
        return fail(why);
    }
    step_ = Step::idle;
    return refuse(why);
}

}  // namespace esb::ota
