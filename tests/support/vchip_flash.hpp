// A small virtual chip's flash for tests: partitions, images in its slots, the boot record.
#pragma once

#include "host/vchip/boot_loader.hpp"
#include "host/vchip/boot_record.hpp"
#include "support/vchip_image.hpp"

#include <vector>

namespace esb::test {

inline constexpr std::size_t small_flash = 256 * 1024;

// Slots of 64 KiB; everything else as in the default table.
inline const vchip::PartitionTable& small_table() {
    static const auto table = vchip::PartitionTable::parse(
                                  "nvs,     data, nvs,   0x9000,  24K\n"
                                  "otadata, data, ota,   0xf000,  8K\n"
                                  "ota_0,   app,  ota_0, 0x20000, 64K\n"
                                  "ota_1,   app,  ota_1, 0x30000, 64K\n",
                                  small_flash)
                                  .value();
    return table;
}

// What a programming tool does: erases the slot and writes the image.
inline void put_image(vchip::Flash& flash, chip::SlotId slot, const std::vector<std::uint8_t>& image) {
    const auto region = vchip::slot_region(flash, small_table(), slot).value();
    region.erase(0, region.size()).value();
    region.program(0, image).value();
}

inline vchip::BootRecord boot_record(vchip::Flash& flash) {
    using namespace vchip;
    return BootRecord(small_table().region(flash, PartitionType::data, subtype_otadata).value());
}

}  // namespace esb::test
