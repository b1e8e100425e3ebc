// Messages of <base>/ota: what they are, and whether an update may start.
#include "esb/base/features.hpp"
#include "esb/base/file_text.hpp"
#include "esb/ota/install.hpp"
#include "esb/ota/legacy.hpp"
#include "esb/ota/updater.hpp"

#include <algorithm>
#include <utility>

namespace esb::ota {

Status Updater::offer(ConstBytes message) {
    const auto text = bare_text(as_text(message));
    if (trust_.lost()) return refuse(Error(errors::trust_lost), nullptr, {});
    if (const auto room = take_opening(); !room) return refuse(room.error(), nullptr, {});
    if constexpr (with_legacy_md5) {
        if (is_legacy(text)) {
            const auto opened =
                policy_.legacy_md5 ? open_legacy(text, running_, opening_->offer) : fail(errors::ota_legacy_off);
            return opened ? admit(text) : refuse(opened.error(), nullptr, {});
        }
    }
    const auto envelope = open_envelope(text, trust_.keys(), opening_->payload);
    if (!envelope) return refuse(envelope.error(), nullptr, {});
    if (const auto outcome = open(*envelope); !outcome) return refuse(outcome.error(), &envelope->digest, {});
    return envelope->type == EnvelopeType::update ? admit(text) : Status();
}

// Opens an update; the others are done with at once.
Status Updater::open(const Envelope& envelope) {
    switch (envelope.type) {
        case EnvelopeType::command:
            return execute(envelope.payload);
        case EnvelopeType::keys:
            ESB_TRY(trust_.adopt(envelope.payload));
            drop_distrusted();
            return {};
        default:  // a change of settings is for <base>/config
            return opening_->offer.open(envelope, identity_);
    }
}

// What waits is verified anew before it is installed; what is under way was verified by the keys of before.
void Updater::drop_distrusted() {
    if (!installing() || install_->offer.is_legacy()) return;
    if (trust_.keys().find(install_->offer.kid) != nullptr) return;
    describe_job();
    static_cast<void>(abandon(Error(errors::key_unknown)));
}

Status Updater::admit(std::string_view text) {
    const Offer& offer = opening_->offer;
    if (under_way(offer.digest)) return {};
    if (const auto ours = offer.addressed(running_); !ours) return refuse_offer(ours.error());
    const bool is_idle = here() == Step::idle;
    if (trial_.runs_already(offer)) {
        if (is_idle) report_running(offer.digest);
        return {};
    }
    if (const auto fit = preflight(offer); !fit) return refuse_offer(fit.error());
    if (offer.given_up(failures_.list(), policy_.failure_limit)) return refuse_offer(Error(errors::ota_given_up));
    if constexpr (with_update_policy) {
        if (is_skipped(offer)) return refuse_offer(Error(errors::ota_skipped));
    }
    if (on_trial()) return refuse_offer(Error(errors::ota_in_trial));
    const bool takes_over = machine_.can(Event::superseded) && overtakes(offer);
    if (!is_idle && !takes_over) return refuse_offer(Error(errors::busy));
    if (failed_lately(offer)) {
        if (!tells_of(offer.digest)) return refuse_offer(Error(errors::ota_too_soon));  // another was refused since
        handler_.on_progress(progress_);  // what it failed of says more than that it is too soon
        return fail(errors::ota_too_soon);
    }
    if (!may_begin()) return refuse_offer(Error(errors::ota_too_soon));  // others have failed, not this one
    return accept(text);
}

Status Updater::accept(std::string_view text) {
    if constexpr (with_update_policy) {
        if (what_holds(nullptr) != Hold::nothing) return put_off(text);  // what was said of another does not count
    }
    if (const auto room = take_install(); !room) return refuse_offer(room.error());
    auto cipher = cipher_for(opening_->offer);
    if (!cipher) return refuse_offer(cipher.error());
    if (const auto saved = take_place(text); !saved) return refuse_offer(saved.error());
    install_->offer = opening_->offer;
    install_->cipher = std::move(*cipher);
    start_download(Event::accepted);
    return {};
}

Result<std::unique_ptr<ChunkCipher>> Updater::cipher_for(const Offer& offer) {
    return make_cipher(offer.manifest, parts_.key != nullptr ? parts_.key->pair() : nullptr, parts_.entropy);
}

Status Updater::preflight(const Offer& offer) {
    const auto free = parts_.system.heap().free;
    const std::size_t taken = install_ ? 0 : sizeof(Install);  // by an installation
    const OfferFacts facts{.running = running_,
                           .trust = trust_,
                           .policy = policy_,
                           .wall = parts_.clock.wall(),
                           .heap_free = free - std::min(free, taken),
                           .slot_size = parts_.slots.geometry().size,
                           .data = with_data_partitions ? parts_.system.data_partitions() : nullptr};
    ESB_TRY(offer.preflight(facts));
    freshness_unknown_ = offer.freshness_unknown(facts);
    return {};
}

bool Updater::failed_lately(const Offer& offer) const {
    return offer.digest == failed_job_ && parts_.reactor.now() < failed_until_;
}

// An upload is not: it is nothing that a message could repeat.
bool Updater::under_way(const crypto::Digest& digest) const {
    switch (here()) {
        case Step::starting:
        case Step::idle:
        case Step::announced:
        case Step::uploading:
            return false;
        case Step::on_hold:
            return waiting_->said.job == digest;
        default:
            return trial_.has_candidate() ? trial_.candidate().image.job == digest
                                          : install_ && install_->offer.digest == digest;
    }
}

// From rest, where a message that fails can be repeated at once.
bool Updater::may_begin() {
    return here() != Step::idle ||
           (worn_until_ <= parts_.reactor.now() + slots_at_once * slot_period && may_write());
}

// So many at once, and then one a period.
bool Updater::may_write() {
    const auto now = parts_.reactor.now();
    if (written_until_ > now + (writes_at_once - 1) * write_period) return false;
    written_until_ = std::max(written_until_, now) + write_period;
    return true;
}

// One that waits may also be signed anew, with other addresses or a later expiry; but two of one version could take each
// other's place for ever.
bool Updater::overtakes(const Offer& offer) {
    const auto present = seq_under_way();
    if constexpr (with_update_policy) {
        if (here() == Step::on_hold && offer.manifest.seq == present) return may_write();
    }
    return offer.manifest.seq > present;
}

// Empty while a legacy update has not said: that is lower than any.
std::optional<std::uint32_t> Updater::seq_under_way() const {
    if (here() == Step::on_hold) return waiting_->seq;
    if (trial_.has_candidate()) return trial_.candidate().image.seq;
    return install_ ? install_->offer.manifest.seq : std::nullopt;
}

}  // namespace esb::ota
