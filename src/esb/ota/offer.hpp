// A message that asks for an update: what it says, and whether this device takes it. Judgement only: nothing is read,
// written or fetched here.
#pragma once

#include "esb/base/features.hpp"
#include "esb/chip/data_partitions.hpp"
#include "esb/ota/descriptor.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/policy.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/trust.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace esb::ota {

// What an offer is judged by.
struct OfferFacts {
    const ImageIdentity& running;
    const Trust& trust;
    const UpdatePolicy& policy;
    std::optional<UnixTime> wall;
    std::size_t heap_free = 0;  // beside what the installation itself takes
    std::size_t slot_size = 0;
    const chip::DataPartitions* data = nullptr;  // null: there are none
};

struct Offer {
    crypto::Digest digest{};  // the message's identity
    KeyId kid;                // of who signed it; empty for a legacy one
    UpdateManifest manifest;  // legacy: app, hw and URL only, until the descriptor is there
    std::optional<crypto::Md5Digest> md5;

    bool is_legacy() const { return with_legacy_md5 && md5.has_value(); }

    // From an envelope whose signature was verified: envelope_typ unless it is an update, errors of parse_update().
    Status open(const Envelope& envelope, const Identity& us);
    // ota_wrong_device, ota_wrong_app, ota_wrong_hw.
    Status addressed(const ImageIdentity& running) const;
    // Everything that can be known before a byte is fetched or erased.
    Status preflight(const OfferFacts& facts) const;
    // It expires, and nobody knows what time it is.
    bool freshness_unknown(const OfferFacts& facts) const { return manifest.expires && !facts.wall; }
    // Of what is downloaded; only for what tells its size.
    std::uint64_t file_size() const;
    // Under which wrong files of that data are counted: another message has tries of its own.
    crypto::Digest failures_of(const DataFile& file) const;
    // Has failed too often, in all starts.
    bool given_up(const FailureList& failures, unsigned limit) const;
    // The image is the one that the offer speaks of. Completes a legacy one by what the image says.
    Status match(const ImageDescriptor& descriptor, const ImageIdentity& running, std::uint32_t floor);
};

}  // namespace esb::ota
