#include "esb/ota/failures.hpp"

namespace esb::ota {

void Failures::strike(const crypto::Digest& job, std::size_t address) {
    ++list_.of(job).strikes[address];
    save();
}

void Failures::note(const std::optional<crypto::Digest>& job) {
    if (!job) return;
    auto& failures = list_.of(*job).failures;
    if (failures < 0xFF) ++failures;
    save();
}

void Failures::forget(const crypto::Digest& job) {
    if (list_.forget(job)) save();
}

Status Failures::clear() {
    if (list_.entries.empty()) return {};
    list_.entries.clear();
    return records_.failures.save(list_);
}

}  // namespace esb::ota
