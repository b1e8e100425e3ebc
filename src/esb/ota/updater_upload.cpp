// An image from a browser: envelope, LF, image. What the envelope says is judged before a byte of the image is looked
// at, and the image's descriptor before a byte of the slot is erased.
#include "esb/base/features.hpp"
#include "esb/ota/install.hpp"
#include "esb/ota/updater.hpp"

namespace esb::ota {
namespace {

constexpr std::uint32_t report_every = 65536;

}  // namespace

Status Updater::begin_upload(std::uint32_t size) {
    // Whatever is under way goes on, and goes on being reported.
    if (on_trial()) return fail(errors::ota_in_trial);
    if (!machine_.can(Event::upload_begun)) return fail(errors::busy);
    if (trust_.lost()) return refuse(Error(errors::trust_lost), nullptr, {});
    const auto slot = static_cast<std::uint32_t>(parts_.slots.geometry().size);
    const bool too_large = size > envelope_line_max + 1 + encrypted_size(slot);
    if (too_large) return refuse(Error(errors::ota_too_large), nullptr, {});
    if (const auto room = take_opening(); !room) return refuse(room.error(), nullptr, {});
    opening_->bundle_size = size;
    opening_->envelope_size = 0;
    opening_->envelope_ended = false;
    take(Event::upload_begun);
    return {};
}

Status Updater::upload_piece(ConstBytes piece) {
    while (here() == Step::announced && !piece.empty()) {
        const auto used = opening_->collect(piece);
        if (!used) return upload_failed(used.error());
        piece = piece.subspan(*used);
        if (!opening_->envelope_ended) continue;
        if (const auto opened = open_bundle(); !opened) return upload_failed(opened.error());
    }
    if (here() == Step::announced) return {};
    if (here() != Step::uploading) return fail(errors::cancelled);  // by a signed command meanwhile
    if (piece.empty()) return {};
    auto& download = install_->download;
    const auto before = download.received();
    if (const auto taken = download.feed(piece); !taken) return upload_failed(taken.error());
    if (download.received() / report_every == before / report_every) return {};
    describe_job();
    report(State::downloading);
    return {};
}

Status Updater::open_bundle() {
    Offer& offer = opening_->offer;
    const auto envelope = open_envelope(opening_->envelope(), trust_.keys(), opening_->payload);
    if (!envelope) return fail(envelope.error());
    ESB_TRY(offer.open(*envelope, identity_));
    if (const auto fit = judge_bundle(); !fit) {
        take(Event::failed);
        return refuse_offer(fit.error());
    }
    auto cipher = cipher_for(offer);
    if (!cipher) {
        take(Event::failed);
        return refuse_offer(cipher.error());
    }
    take(Event::envelope_good);
    install_->offer = offer;
    install_->cipher = std::move(*cipher);
    install_->uploaded = true;
    install_->written = false;
    switch_failures_ = 0;
#if ESB_DATA_PARTITIONS
    begin_files();  // it has none
#endif
    install_->download.begin_fed(install_->upload_plan(idle_slot()));
    describe_job();
    report(State::downloading);
    return {};
}

Status Updater::judge_bundle() {
    const Offer& offer = opening_->offer;
    ESB_TRY(preflight(offer));
    if (with_data_partitions && !offer.manifest.data.empty()) return fail(errors::ota_data_upload);
    if (failed_lately(offer)) return fail(errors::ota_too_soon);
    if (opening_->bundle_size - opening_->envelope_size - 1 != offer.file_size()) return fail(errors::ota_size);
    return take_install();
}

Status Updater::end_upload() {
    if (here() == Step::announced) return upload_failed(Error(errors::ota_size));
    if (here() != Step::uploading) return fail(errors::cancelled);
    if (const auto whole = install_->download.end_fed(); !whole) return upload_failed(whole.error());
    on_download_done({});
    return {};
}

void Updater::upload_lost() { static_cast<void>(upload_failed(Error(errors::ota_upload_lost))); }

Status Updater::upload_failed(const Error& why) {
    if (here() == Step::uploading) job_failed(why);
    if (here() != Step::announced) return fail(why);  // it has been said
    take(Event::failed);
    return refuse(why, nullptr, {});
}

}  // namespace esb::ota
