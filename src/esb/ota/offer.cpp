// Messages of <base>/ota: what they are, and whether an update may start.
#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/engine.hpp"
#include "esb/ota/errors.hpp"

namespace esb::ota {
namespace {

constexpr char legacy_separator = '|';  // an envelope cannot contain it

bool is_legacy(std::string_view text) { return text.find(legacy_separator) != std::string_view::npos; }

// Each has to be one; a host that may be asked is enough.
Status check_urls(const UpdateManifest& manifest, std::string_view hosts) {
    bool allowed = hosts.empty();
    for (std::size_t i = 0; i < manifest.urls.size(); ++i) {
        const auto parsed = net::parse_url(manifest.urls[i]);
        if (!parsed) return fail(parsed.error());
        allowed = allowed || net::is_listed_host(hosts, parsed->host);
    }
    return allowed ? Status() : fail(errors::ota_host);
}

}  // namespace

Status Engine::offer(ConstBytes message) {
    const auto text = bare_text(as_text(message));
    if (trust_lost_) return refuse(Error(errors::trust_lost));
    if (const auto room = take_memory(); !room) return refuse(room.error());
    if (is_legacy(text)) {
        const auto opened = policy_.legacy_md5 ? open_legacy(text) : fail(errors::ota_legacy_off);
        return opened ? admit(text) : refuse(opened.error());
    }
    const auto envelope = open_envelope(text, keyring_, opening_->payload);
    if (!envelope) return refuse(envelope.error());
    const auto outcome = [&]() -> Status {
        switch (envelope->type) {
            case EnvelopeType::update:
                return open_update(*envelope);
            case EnvelopeType::command:
                return execute(envelope->payload);
            case EnvelopeType::keys:
                return adopt_keys(envelope->payload);
            case EnvelopeType::config:
                return fail(errors::envelope_typ);  // that is for <base>/config
        }
        return {};
    }();
    if (!outcome) return refuse(outcome.error(), &envelope->digest);
    return envelope->type == EnvelopeType::update ? admit(text) : Status();
}

// A message stored by an earlier boot.
Status Engine::open_job(std::string_view text) {
    if (is_legacy(text)) return open_legacy(text);
    const auto envelope = open_envelope(text, keyring_, opening_->payload);
    if (!envelope) return fail(envelope.error());
    if (envelope->type != EnvelopeType::update) return fail(errors::envelope_typ);
    return open_update(*envelope);
}

Status Engine::open_update(const Envelope& envelope) {
    opening_->offer.digest = envelope.digest;
    opening_->offer.md5.reset();
    return parse_update(envelope.payload, identity_, opening_->offer.manifest);
}

// URL|md5, 32 hex digits. Size, version and seq are known when the image's descriptor is there.
Status Engine::open_legacy(std::string_view text) {
    const auto separator = text.rfind(legacy_separator);
    const auto digits = text.substr(separator + 1);
    crypto::Md5Digest md5{};
    if (digits.size() != 2 * md5.size() || !hex_decode(digits, md5)) return fail(errors::ota_legacy_malformed);
    ESB_TRY(check_hash(md5));
    opening_->offer.digest = crypto::sha256(as_bytes(text));
    opening_->offer.manifest = {};
    opening_->offer.md5 = md5;
    ESB_TRY(opening_->offer.manifest.app.assign(running_.app));
    ESB_TRY(opening_->offer.manifest.hw.assign(running_.hw));
    const bool fits = opening_->offer.manifest.urls.push_back(text.substr(0, separator)).has_value();
    return fits ? Status() : fail(errors::ota_legacy_malformed);
}

Status Engine::admit(std::string_view text) {
    const auto refuse_it = [this](const Error& why) { return refuse(why, &opening_->offer.digest, opening_->offer.manifest.ver); };
    if (under_way(opening_->offer.digest)) return {};
    if (const auto ours = addressed(opening_->offer.manifest); !ours) return refuse_it(ours.error());
    if (runs_already(opening_->offer)) {
        if (step_ == Step::idle) report_running();
        return {};
    }
    if (const auto fit = preflight(opening_->offer); !fit) return refuse_it(fit.error());
    if (given_up(opening_->offer)) return refuse_it(Error(errors::ota_given_up));
    if (step_ == Step::on_trial) return refuse_it(Error(errors::ota_in_trial));
    if (step_ != Step::idle && opening_->offer.manifest.seq <= seq_under_way()) return refuse_it(Error(errors::busy));
    const bool must_end_first = step_ == Step::rebooting || step_ == Step::finish_later || step_ == Step::uploading;
    if (must_end_first) return refuse_it(Error(errors::busy));
    if (failed_lately(opening_->offer)) {
        handler_.on_progress(progress_);  // what it failed of says more than that it is too soon
        return fail(errors::ota_too_soon);
    }
    return accept(text);
}

Status Engine::addressed(const UpdateManifest& manifest) const {
    if (!manifest.audience.includes_us) return fail(errors::ota_wrong_device);
    if (manifest.app != running_.app) return fail(errors::ota_wrong_app);
    if (manifest.hw != running_.hw) return fail(errors::ota_wrong_hw);
    return {};
}

// Everything that can be known before a byte is fetched or erased.
Status Engine::preflight(const Job& job) {
    const UpdateManifest& manifest = job.manifest;
    if (trust_lost_) return fail(errors::trust_lost);
    ESB_TRY(addressed(manifest));
    if (job.is_legacy()) {
        if (!policy_.legacy_md5) return fail(errors::ota_legacy_off);
    } else {
        if (*manifest.seq < floor_) return fail(errors::ota_below_floor);
        if (*manifest.seq <= running_.seq) return fail(errors::ota_seq);
    }
    if (bad_.contains(job.digest)) return fail(errors::ota_quarantined);
    if (manifest.sha256 && bad_.contains(*manifest.sha256)) return fail(errors::ota_quarantined);
    if (manifest.size && *manifest.size > parts_.slots.geometry().size) return fail(errors::ota_too_large);
    ESB_TRY(check_urls(manifest, policy_.hosts));
    const auto wall = parts_.clock.wall();
    if (manifest.expires && wall && *wall >= *manifest.expires) return fail(errors::ota_expired);
    if (parts_.system.heap().free < policy_.heap_needed) return fail(errors::ota_heap);
    freshness_unknown_ = manifest.expires && !wall;
    return {};
}

Status Engine::accept(std::string_view text) {
    download_.stop();
    step_ = Step::idle;
    if (candidate_) static_cast<void>(records_.trial.remove());
    candidate_.reset();
    just_downloaded_ = false;
    if (const auto saved = records_.save_job(text, opening_->text); !saved) {
        return refuse(saved.error(), &opening_->offer.digest, opening_->offer.manifest.ver);
    }
    job_ = opening_->offer;
    start_download();
    return {};
}

bool Engine::failed_lately(const Job& job) const {
    return job.digest == failed_job_ && parts_.reactor.now() < failed_until_;
}

bool Engine::runs_already(const Job& job) const {
    if (!run_ || run_->slot != parts_.slots.running() || run_->seq != running_.seq) return false;
    const auto& hash = job.manifest.sha256;
    return run_->job == job.digest || (hash && hash == run_->sha256 && job.manifest.seq == run_->seq);
}

void Engine::report_running() {
    progress_ = {};
    progress_.id = short_id(opening_->offer.digest);
    static_cast<void>(progress_.ver.assign(running_.ver));
    progress_.size = run_->size.value_or(0);
    progress_.done = progress_.size;
    report(State::confirmed);
}

bool Engine::under_way(const crypto::Digest& digest) const {
    if (step_ == Step::idle || step_ == Step::uploading) return false;
    return candidate_ ? candidate_->image.job == digest : job_.digest == digest;
}

// Empty while a legacy update has not said: that is lower than any.
std::optional<std::uint32_t> Engine::seq_under_way() const {
    return candidate_ ? candidate_->image.seq : job_.manifest.seq;
}

}  // namespace esb::ota
