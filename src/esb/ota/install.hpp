// The memory of an update: taken when one begins, given back when nothing of it is under way any more. Without it, or
// with too little of it, an update is refused or put off with ota_heap.
#pragma once

#include "esb/base/features.hpp"
#include "esb/chip/system.hpp"
#if ESB_DATA_PARTITIONS
#include "esb/ota/data_place.hpp"
#endif
#include "esb/ota/download.hpp"
#include "esb/ota/offer.hpp"
#include "esb/ota/records.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace esb::ota {

// What a file may have around the envelope: its mark, a CR; the envelope itself is measured when it is opened.
inline constexpr std::size_t envelope_line_max = envelope_max + 8;

// What opening a message needs, until the turn after it; of an upload, until its envelope is complete.
struct Opening {
    Offer offer;  // while it is judged
    std::array<std::uint8_t, Records::job_buffer> text;
    std::array<std::uint8_t, envelope_max * 3 / 4 + 1> payload;
    std::uint32_t bundle_size = 0;  // of the whole upload
    std::size_t envelope_size = 0;  // collected in `text`
    bool envelope_ended = false;

    // Takes what belongs to the envelope from a piece of an upload, and says how much that was. Empty lines in front
    // are skipped. envelope_too_large.
    Result<std::size_t> collect(ConstBytes piece);
    std::string_view envelope() const { return as_text(ConstBytes(text).first(envelope_size)); }
};

// An accepted update until its image is in flash and known to be the right one.
struct Install {
#if ESB_DATA_PARTITIONS
    Install(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::System& system, chip::Entropy& entropy,
            Records& records, DownloadOwner& owner)
        : place(slots, system.data_partitions(), records), download(reactor, names, place, entropy, records, owner) {}
#else
    Install(net::Reactor& reactor, net::Names& names, chip::Slots& slots, chip::System&, chip::Entropy& entropy,
            Records& records, DownloadOwner& owner)
        : download(reactor, names, slots, entropy, records, owner) {}
#endif

    Offer offer;
    std::unique_ptr<ChunkCipher> cipher;  // of an encrypted image
#if ESB_DATA_PARTITIONS
    DataPlace place;
    bool copying = false;  // the present file, from what the running image came with
#endif
    Download download;
    bool uploaded = false;  // by a browser
    bool written = false;   // its image is the candidate

    DownloadPlan plan(chip::SlotId slot, const UpdatePolicy& policy, const FailureList& failures) const;
    DownloadPlan upload_plan(chip::SlotId slot) const;
    // What is to be tried, once the file is written.
    TrialRecord candidate(chip::SlotId slot, std::uint32_t from_seq) const;
};

}  // namespace esb::ota
