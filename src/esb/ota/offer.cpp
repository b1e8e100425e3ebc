#include "esb/ota/offer.hpp"

#include "esb/base/features.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/chunk_cipher.hpp"
#include "esb/ota/legacy.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

// Each has to be one; a host that may be asked is enough.
Status check_urls(const UpdateManifest& manifest, std::string_view hosts) {
    bool allowed = hosts.empty();
    const auto all = manifest.urls.all();
    for (std::size_t i = 0; i < all.count; ++i) {
        const auto parsed = net::parse_url(manifest.urls.at(all, i));
        if (!parsed) return fail(parsed.error());
        const bool of_image = i < manifest.urls.size();  // which come first
        allowed = allowed || (of_image && net::is_listed_host(hosts, parsed->host));
    }
    return allowed ? Status() : fail(errors::ota_host);
}

Status check_data(const UpdateManifest& manifest, const OfferFacts& facts) {
    const std::string_view hosts = facts.policy.hosts;
    for (const auto& file : manifest.data) {
        const auto size = facts.data != nullptr ? facts.data->size(file.part) : std::nullopt;
        if (!size) return fail(errors::ota_no_partition);
        if (file.size > *size) return fail(errors::ota_data_too_large);
        bool allowed = hosts.empty();
        for (std::size_t i = 0; i < file.urls.count; ++i) {
            const auto url = net::parse_url(manifest.urls.at(file.urls, i));
            allowed = allowed || (url && net::is_listed_host(hosts, url->host));
        }
        if (!allowed) return fail(errors::ota_host);
    }
    return {};
}

// Every one of so many addresses has brought too many wrong files.
bool all_struck(const FailureList::Entry& known, std::size_t urls) {
    const auto first = known.strikes.begin();
    return std::all_of(first, first + static_cast<std::ptrdiff_t>(urls),
                       [](auto strikes) { return strikes >= strike_limit; });
}

}  // namespace

Status Offer::open(const Envelope& envelope, const Identity& us) {
    if (envelope.type != EnvelopeType::update) return fail(errors::envelope_typ);
    digest = envelope.digest;
    kid = envelope.kid;
    md5.reset();
    return parse_update(envelope.payload, us, manifest);
}

Status Offer::addressed(const ImageIdentity& running) const {
    if (!manifest.audience.includes_us) return fail(errors::ota_wrong_device);
    if (manifest.app != running.app) return fail(errors::ota_wrong_app);
    if (manifest.hw != running.hw) return fail(errors::ota_wrong_hw);
    return {};
}

Status Offer::preflight(const OfferFacts& facts) const {
    const Trust& trust = facts.trust;
    if (trust.lost()) return fail(errors::trust_lost);
    ESB_TRY(addressed(facts.running));
    if (is_legacy()) {
        if (!facts.policy.legacy_md5) return fail(errors::ota_legacy_off);
    } else {
        if (*manifest.seq < trust.floor()) return fail(errors::ota_below_floor);
        if (*manifest.seq <= facts.running.seq) return fail(errors::ota_seq);
    }
    if (trust.is_quarantined(digest)) return fail(errors::ota_quarantined);
    if (manifest.sha256 && trust.is_quarantined(*manifest.sha256)) return fail(errors::ota_quarantined);
    if (manifest.size && *manifest.size > facts.slot_size) return fail(errors::ota_too_large);
    ESB_TRY(check_urls(manifest, facts.policy.hosts));
    if constexpr (with_data_partitions) ESB_TRY(check_data(manifest, facts));
    if (manifest.expires && facts.wall && *facts.wall >= *manifest.expires) return fail(errors::ota_expired);
    if (facts.heap_free < facts.policy.heap_needed) return fail(errors::ota_heap);
    return {};
}

std::uint64_t Offer::file_size() const {
    return manifest.encryption ? encrypted_size(*manifest.size) : std::uint64_t{*manifest.size};
}

crypto::Digest Offer::failures_of(const DataFile& file) const {
    crypto::Sha256 hash;
    hash.update(digest);
    hash.update(file.sha256);
    return hash.finish();
}

bool Offer::given_up(const FailureList& failures, unsigned limit) const {
    if constexpr (with_data_partitions) {
        for (const auto& file : manifest.data) {
            const auto* const bad = failures.find(failures_of(file));
            if (bad != nullptr && all_struck(*bad, file.urls.count)) return true;
        }
    }
    const auto* const known = failures.find(digest);
    return known != nullptr && (known->failures >= limit || all_struck(*known, manifest.urls.size()));
}

Status Offer::match(const ImageDescriptor& descriptor, const ImageIdentity& running, std::uint32_t floor) {
    const auto image = parse_descriptor(descriptor);
    if (!image) return fail(image.error());
    if constexpr (with_legacy_md5) {
        if (is_legacy()) ESB_TRY(complete_legacy(*image, running, floor, *this));
    }
    if (image->app != manifest.app || image->hw != manifest.hw || image->ver != manifest.ver.view() ||
        image->seq != manifest.seq) {
        return fail(errors::ota_descriptor);
    }
    return {};
}

}  // namespace esb::ota
