// chip::DataPartitions on ESP-IDF's partition table. With flash encryption, those marked `encrypted` are.
#pragma once

#include "esb/chip/data_partitions.hpp"

namespace esb::chip::esp32 {

class DataPartitions final : public chip::DataPartitions {
public:
    std::optional<std::size_t> size(std::string_view name) const override;
    Status read(std::string_view name, SlotId slot, std::size_t offset, MutBytes out) override;
    Status erase(std::string_view name, SlotId slot, std::size_t offset, std::size_t length) override;
    Status program(std::string_view name, SlotId slot, std::size_t offset, ConstBytes bytes) override;
};

}  // namespace esb::chip::esp32
