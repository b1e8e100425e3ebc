#include "esb/ota/install.hpp"

#include "esb/base/file_text.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

constexpr std::uint8_t line_end = '\n';  // an envelope cannot contain it

}  // namespace

Result<std::size_t> Opening::collect(ConstBytes piece) {
    const auto end = std::find(piece.begin(), piece.end(), line_end);
    const auto size = static_cast<std::size_t>(end - piece.begin());
    if (size > envelope_line_max - envelope_size) return fail(errors::envelope_too_large);
    copy(piece.first(size), MutBytes(text).subspan(envelope_size));
    envelope_size += size;
    if (end == piece.end()) return size;
    const auto line = envelope();
    envelope_ended = !bare_text(line).empty() || line.size() >= bundle_size;
    if (!envelope_ended) {  // an empty line in front
        bundle_size -= static_cast<std::uint32_t>(line.size() + 1);
        envelope_size = 0;
    }
    return size + 1;
}

DownloadPlan Install::plan(chip::SlotId slot, const UpdatePolicy& policy, const FailureList& failures) const {
    DownloadPlan plan;
    plan.job = offer.digest;
    if (!offer.is_legacy()) plan.size = offer.manifest.size;
    plan.slot = slot;
    plan.cipher = cipher.get();
    plan.urls = &offer.manifest.urls;
    plan.hosts = &policy.hosts;
    plan.web = policy.web;
    if (const auto* known = failures.find(offer.digest)) plan.strikes = known->strikes;
    plan.tries = policy.download_tries;
    plan.refusals = policy.download_refusals;
    plan.retry_first = std::min(policy.retry_first, policy.download_first);
    plan.retry_longest = policy.retry_longest;
    return plan;
}

DownloadPlan Install::upload_plan(chip::SlotId slot) const {
    DownloadPlan plan;
    plan.job = offer.digest;
    plan.size = offer.manifest.size;
    plan.slot = slot;
    plan.cipher = cipher.get();
    return plan;
}

TrialRecord Install::candidate(chip::SlotId slot, std::uint32_t from_seq) const {
    const UpdateManifest& manifest = offer.manifest;
    TrialRecord made;
    made.image = {slot, manifest.seq.value_or(0), download.received(), manifest.sha256, offer.digest};
    made.ver = manifest.ver;
    made.floor = manifest.floor;
    made.from_seq = from_seq;
    return made;
}

}  // namespace esb::ota
