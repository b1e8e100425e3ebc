// Data that the running firmware came with, in a partition that belongs to its slot (docs/updates.md).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/data_partitions.hpp"

#include <cstddef>

namespace esb {

// It stays as it is until the device restarts: updates fill the other one of the pair.
class Data {
public:
    // Made by Device::data(), not by authors.
    Data(chip::DataPartitions& partitions, chip::SlotId slot, const FixedString<14>& name, std::size_t size)
        : partitions_(&partitions), slot_(slot), name_(name), size_(size) {}

    std::size_t size() const { return size_; }  // bytes
    // Reads all of `out`. slot_bounds beyond its end, flash_failed.
    Status read(std::size_t offset, MutBytes out) const;

private:
    chip::DataPartitions* partitions_;
    chip::SlotId slot_;
    FixedString<14> name_;
    std::size_t size_;
};

}  // namespace esb
