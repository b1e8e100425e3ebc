// The two firmware slots and the boot record that chooses between them (ESP: ota_0, ota_1, otadata).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/errors.hpp"

#include <cstddef>
#include <cstdint>

namespace esb::chip {

enum class SlotId : std::uint8_t { a = 0, b = 1 };                                     // the two
constexpr SlotId other(SlotId id) { return id == SlotId::a ? SlotId::b : SlotId::a; }  // the one that it is not

// The state of a slot in the boot record; names are ESP-IDF's (esp_ota_img_states_t).
enum class SlotState : std::uint8_t {
    undefined,       // the record says nothing of it (a factory-flashed image)
    fresh,           // "new": chosen, not yet booted
    pending_verify,  // booted once; the next restart without confirmation aborts it
    valid,           // confirmed
    invalid,         // given up by the firmware itself
    aborted,         // given up by the boot loader
};

// Flash geometry, in bytes.
struct SlotGeometry {
    std::size_t size;           // of each slot
    std::size_t erase_unit;     // smallest erase, 4096
    std::size_t erase_block;    // fastest erase per byte, 65536
    std::size_t program_unit;   // offset and length of a program are multiples of it: 16 with flash encryption
    std::size_t descriptor_at;  // offset of the ImageDescriptor in an image
};

// Write-once programming: a unit may be programmed once after each erase.
// Every call may fail with flash_failed or power_lost (key_value.hpp).
class Slots {
public:
    virtual ~Slots() = default;

    virtual SlotGeometry geometry() const = 0;  // of both
    virtual SlotId running() const = 0;         // where this firmware is
    // Reads any slot, any alignment; through the partition API, so flash encryption is undone.
    virtual Status read(SlotId slot, std::size_t offset, MutBytes out) = 0;
    // Erases whole units; never the running slot. Blocks for up to one erase_block's time (about 150 ms).
    virtual Status erase(SlotId slot, std::size_t offset, std::size_t length) = 0;
    // Programs whole units at a unit's boundary into erased flash; never the running slot.
    virtual Status program(SlotId slot, std::size_t offset, ConstBytes bytes) = 0;

    // What the boot record says of the slot.
    virtual SlotState state(SlotId slot) const = 0;
    // Checks the image in the slot, which may be the running one, as the boot loader will, then makes it the next to boot, as
    // `fresh`.
    virtual Status set_boot(SlotId slot) = 0;
    // Makes the running slot valid, whatever the boot record says of it, also if that is nothing. It is written even if it reads
    // so already: a cut may have left cells that read by luck.
    virtual Status confirm_running() = 0;
    // Marks the running slot invalid, so that the next restart boots the other. slot_no_other when that holds
    // nothing bootable; nothing is changed then.
    virtual Status reject_running() = 0;
};

}  // namespace esb::chip
