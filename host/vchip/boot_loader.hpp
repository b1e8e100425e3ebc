// The decisions of ESP-IDF's second-stage boot loader with CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE and without a
// factory partition:
// 1. Every entry still pending_verify becomes aborted: its image was started once and never confirmed.
// 2. The active entry chooses the slot; a fresh one becomes pending_verify first, even if its image proves bad.
// 3. The image is verified; a bad one is passed over for the other slot's.
// 4. With both entries dead (erased or given up) slot a is tried first; without a valid entry otherwise, too.
// 5. If neither entry was ever written well, the booted slot is entered as valid.
//
// Power may go at any of these writes: each rewrites one entry by erase and program, and the images stay. A cut in 1
// or 2 loses at most the entry of the image on trial, which then counts as never chosen.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/partition_table.hpp"

#include <cstddef>

namespace esb::errors {
inline constexpr ErrorKind boot_no_image{"boot.no_image", "no slot holds a bootable image"};
}  // namespace esb::errors

namespace esb::vchip {

struct BootChoice {
    chip::SlotId slot;
    chip::SlotState state;   // what the record says of it now
    std::size_t image_size;  // bytes, hash included
};

// Decides, and writes what the boot loader writes. boot_no_image, partition_missing, power_lost; a failing program
// or erase alone does not stop it.
Result<BootChoice> boot(Flash& flash, const PartitionTable& table);

// The slot's partition, ota_0 or ota_1; partition_missing.
Result<Region> slot_region(Flash& flash, const PartitionTable& table, chip::SlotId slot);
// Checks the image in a slot as boot() does and returns its size.
Result<std::size_t> verify_slot(const Region& slot);

}  // namespace esb::vchip
