// Where the file that comes goes: the idle slot or, for data, the partition that belongs to it. Which image runs decides
// which data counts, so one switch of the boot slot changes both, and whatever takes the image back takes back its data.
// A record for each slot says what its partitions hold; it never says more than is there.
#pragma once

#include "esb/chip/data_partitions.hpp"
#include "esb/chip/slots.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/ota/records.hpp"

#include <cstddef>
#include <cstdint>

namespace esb::ota {

using DataFiles = FixedVector<DataFile, max_data>;

// What the slot's partitions hold for the image of that seq.
DataRecord data_of(const Records& records, chip::SlotId slot, std::uint32_t seq);
// Just these files, and for the image of that seq.
bool holds_all(const Records& records, chip::SlotId slot, std::uint32_t seq, const DataFiles& files);

// Slots for a download, in which the partition of the present file stands for the idle slot.
class DataPlace final : public chip::Slots {
public:
    // What it is given outlives it. `partitions`: null where there are none.
    DataPlace(chip::Slots& slots, chip::DataPartitions* partitions, const Records& records)
        : slots_(slots), partitions_(partitions), records_(records) {}

    // An update for the idle slot begins; `manifest` outlives it.
    void begin(const UpdateManifest& manifest, std::uint32_t running_seq);
    // Its next file; null: the image.
    const DataFile* next();
    const DataFile* data() const { return data_; }
    // The image comes, whatever is missing.
    void use_image() { data_ = nullptr; }
    // All of the present file lies there already, as an earlier start has found.
    bool is_there() const;
    // The running image came with the same.
    bool runs_with_it() const;
    Status read_running(std::size_t offset, MutBytes out);
    // The present file is there, and its hash was found in flash.
    Status note();
    // Before the slot is erased for the image: nothing but what was noted counts.
    Status settle() const;

    chip::SlotGeometry geometry() const override;
    chip::SlotId running() const override { return slots_.running(); }
    Status read(chip::SlotId slot, std::size_t offset, MutBytes out) override;
    Status erase(chip::SlotId slot, std::size_t offset, std::size_t length) override;
    Status program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) override;
    chip::SlotState state(chip::SlotId slot) const override { return slots_.state(slot); }
    Status set_boot(chip::SlotId slot) override { return slots_.set_boot(slot); }
    Status confirm_running() override { return slots_.confirm_running(); }
    Status reject_running() override { return slots_.reject_running(); }

private:
    chip::SlotId idle() const { return chip::other(slots_.running()); }
    bool holds(chip::SlotId slot, std::uint32_t seq) const;
    Status open();

    chip::Slots& slots_;
    chip::DataPartitions* partitions_;
    const Records& records_;
    const DataFiles* files_ = nullptr;
    std::size_t next_ = 0;
    const DataFile* data_ = nullptr;
    std::uint32_t running_seq_ = 0;
    DataRecord noted_;
    bool opened_ = false;  // the record does not speak of the present file any more
};

}  // namespace esb::ota
