// chip::DataPartitions on the simulated flash, with the rules of vchip::Slots.
#pragma once

#include "esb/chip/data_partitions.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/partition_table.hpp"

#include <optional>

namespace esb::vchip {

class DataPartitions final : public chip::DataPartitions {
public:
    // Flash and table outlive the object.
    DataPartitions(Flash& flash, const PartitionTable& table, chip::SlotId running)
        : flash_(flash), table_(table), running_(running) {}

    std::optional<std::size_t> size(std::string_view name) const override;
    Status read(std::string_view name, chip::SlotId slot, std::size_t offset, MutBytes out) override;
    Status erase(std::string_view name, chip::SlotId slot, std::size_t offset, std::size_t length) override;
    Status program(std::string_view name, chip::SlotId slot, std::size_t offset, ConstBytes bytes) override;

private:
    std::optional<Region> find(std::string_view name, chip::SlotId slot) const;
    Result<Region> to_write(std::string_view name, chip::SlotId slot, std::size_t offset, std::size_t length,
                            std::size_t unit) const;

    Flash& flash_;
    const PartitionTable& table_;
    chip::SlotId running_;
};

}  // namespace esb::vchip
