#include "host/cli/envelope_judge.hpp"

#include "esb/base/file_text.hpp"
#include "esb/chip/errors.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

// What partitions of data a device has nobody says: these fit.
class AnyPartitions final : public chip::DataPartitions {
public:
    std::optional<std::size_t> size(std::string_view) const override { return SIZE_MAX; }
    Status read(std::string_view, chip::SlotId, std::size_t, MutBytes) override { return fail(errors::slot_bounds); }
    Status erase(std::string_view, chip::SlotId, std::size_t, std::size_t) override { return fail(errors::slot_bounds); }
    Status program(std::string_view, chip::SlotId, std::size_t, ConstBytes) override {
        return fail(errors::slot_bounds);
    }
};

}  // namespace

Result<ConstBytes> EnvelopeJudge::Memory::get(std::string_view key, MutBytes out) {
    const auto found = values_.find(key);
    if (found == values_.end()) return fail(errors::kv_not_found);
    if (found->second.size() > out.size()) {
        return fail(errors::kv_too_small, static_cast<std::int32_t>(found->second.size()));
    }
    copy(found->second, out);
    return ConstBytes(out.first(found->second.size()));
}

Status EnvelopeJudge::Memory::put(std::string_view key, ConstBytes value) {
    values_[std::string(key)].assign(value.begin(), value.end());
    return {};
}

Status EnvelopeJudge::Memory::remove(std::string_view key) {
    values_.erase(std::string(key));
    return {};
}

EnvelopeJudge::EnvelopeJudge() : buffer_(ota::envelope_max) { trust_.load(); }

Outcome<void> EnvelopeJudge::trust(const std::string& key) {
    if (const auto added = trust_.add_anchor(key); !added) return failure("the key '" + key + "'", added.error());
    return {};
}

Outcome<void> EnvelopeJudge::adopt(std::string_view envelope) {
    const auto opened = open(envelope);
    if (!opened) return failure("the key set", opened.error());
    if (opened->type != ota::EnvelopeType::keys) return failure("the key set", Error(errors::envelope_typ));
    if (const auto taken = trust_.adopt(opened->payload); !taken) return failure("the key set", taken.error());
    return {};
}

Result<ota::Envelope> EnvelopeJudge::open(std::string_view envelope) {
    return ota::open_envelope(envelope, trust_.keys(), buffer_);
}

Status EnvelopeJudge::judge(const ota::Envelope& envelope, const DeviceFacts& device, ota::Offer& offer) {
    const auto us = make_identity(device.identity);
    ESB_TRY(offer.open(envelope, us ? *us : Identity()));
    auto& manifest = offer.manifest;
    if (device.identity.empty()) manifest.audience.includes_us = true;
    running_.app = device.runs ? std::string_view(device.runs->app) : manifest.app.view();
    running_.hw = device.runs ? std::string_view(device.runs->hw) : manifest.hw.view();
    running_.seq = device.runs ? device.runs->seq : device.seq.value_or(*manifest.seq - std::min(*manifest.seq, 1U));
    ESB_TRY(trust_.raise_floor(std::max(device.floor, trust_.floor())));
    const ota::UpdatePolicy policy{};
    const AnyPartitions partitions;
    return offer.preflight({.running = running_,
                            .trust = trust_,
                            .policy = policy,
                            .wall = device.now,
                            .heap_free = policy.heap_needed,
                            .slot_size = device.slot,
                            .data = &partitions});
}

}  // namespace esb::cli
