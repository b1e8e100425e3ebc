#include "esb/ota/data_place.hpp"

#include "esb/ota/errors.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

bool is_of(const DataRecord::Part& part, const DataFile& file) {
    return part.name == file.part && part.size == file.size && part.sha256 == file.sha256;
}

}  // namespace

DataRecord data_of(const Records& records, chip::SlotId slot, std::uint32_t seq) {
    auto record = records.data(slot).load();
    if (record && record->seq == seq) return *record;
    return {.seq = seq, .parts = {}};
}

bool holds_all(const Records& records, chip::SlotId slot, std::uint32_t seq, const DataFiles& files) {
    const auto record = data_of(records, slot, seq);
    return std::equal(record.parts.begin(), record.parts.end(), files.begin(), files.end(), is_of);
}

void DataPlace::begin(const UpdateManifest& manifest, std::uint32_t running_seq) {
    files_ = &manifest.data;
    next_ = 0;
    data_ = nullptr;
    running_seq_ = running_seq;
    noted_ = {};
    noted_.seq = manifest.seq.value_or(0);
}

const DataFile* DataPlace::next() {
    opened_ = false;
    data_ = next_ < files_->size() ? &(*files_)[next_] : nullptr;
    if (data_ != nullptr) ++next_;
    return data_;
}

bool DataPlace::holds(chip::SlotId slot, std::uint32_t seq) const {
    const auto record = data_of(records_, slot, seq);
    const auto* const part = record.find(data_->part);
    return part != nullptr && is_of(*part, *data_);
}

bool DataPlace::is_there() const { return holds(idle(), noted_.seq); }

bool DataPlace::runs_with_it() const { return holds(slots_.running(), running_seq_); }

Status DataPlace::read_running(std::size_t offset, MutBytes out) {
    return partitions_->read(data_->part, slots_.running(), offset, out);
}

Status DataPlace::note() {
    ESB_TRY(noted_.parts.push_back({data_->part, data_->size, data_->sha256}));
    return is_there() ? Status() : settle();
}

Status DataPlace::settle() const {
    const auto stored = records_.data(idle());
    const auto present = stored.load();
    if (present && *present == noted_) return {};
    if (!noted_.parts.empty()) return stored.save(noted_);
    return !present && present.error() == errors::kv_not_found ? Status() : stored.remove();
}

// There is no way back any more to the image that had this data.
Status DataPlace::open() {
    ESB_TRY(records_.previous.remove());
    ESB_TRY(settle());
    opened_ = true;
    return {};
}

chip::SlotGeometry DataPlace::geometry() const {
    auto geometry = slots_.geometry();
    if (data_ != nullptr) geometry.size = partitions_->size(data_->part).value_or(0);
    return geometry;
}

Status DataPlace::read(chip::SlotId slot, std::size_t offset, MutBytes out) {
    return data_ != nullptr ? partitions_->read(data_->part, slot, offset, out) : slots_.read(slot, offset, out);
}

Status DataPlace::erase(chip::SlotId slot, std::size_t offset, std::size_t length) {
    if (data_ == nullptr) return slots_.erase(slot, offset, length);
    if (!opened_) ESB_TRY(open());
    return partitions_->erase(data_->part, slot, offset, length);
}

Status DataPlace::program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) {
    return data_ != nullptr ? partitions_->program(data_->part, slot, offset, bytes)
                            : slots_.program(slot, offset, bytes);
}

}  // namespace esb::ota
