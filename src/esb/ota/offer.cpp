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

}  // namespace

Status Offer::open(const Envelope& envelope, const Identity& us) {
    if (envelope.type != EnvelopeType::update) return fail(errors::envelope_typ);
    digest = envelope.digest;
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
    if (manifest.expires && facts.wall && *facts.wall >= *manifest.expires) return fail(errors::ota_expired);
    if (facts.heap_free < facts.policy.heap_needed) return fail(errors::ota_heap);
    return {};
}

std::uint64_t Offer::file_size() const {
    return manifest.encryption ? encrypted_size(*manifest.size) : std::uint64_t{*manifest.size};
}

bool Offer::given_up(const FailureList& failures, unsigned limit) const {
    const auto* const known = failures.find(digest);
    if (known == nullptr) return false;
    const auto first = known->strikes.begin();
    const auto urls = static_cast<std::ptrdiff_t>(manifest.urls.size());
    return known->failures >= limit ||
           std::all_of(first, first + urls, [](auto strikes) { return strikes >= strike_limit; });
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
