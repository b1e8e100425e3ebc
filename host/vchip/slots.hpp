// chip::Slots on the simulated flash. A slot's program unit is 16 bytes, as with the ESP32's flash encryption, and
// writing a unit twice without an erase is refused, because the encrypted result could not be read back.
#pragma once

#include "esb/chip/slots.hpp"
#include "host/vchip/boot_record.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/partition_table.hpp"

#include <cstddef>
#include <vector>

namespace esb::vchip {

inline constexpr std::size_t slot_program_unit = 16;

class Slots final : public chip::Slots {
public:
    // The slots of a chip that runs `running` (boot()'s choice); both slots have one size. partition_missing,
    // partition_alignment when their sizes differ. The flash outlives the object.
    static Result<Slots> open(Flash& flash, const PartitionTable& table, chip::SlotId running);

    chip::SlotGeometry geometry() const override;
    chip::SlotId running() const override { return running_; }
    Status read(chip::SlotId slot, std::size_t offset, MutBytes out) override;
    Status erase(chip::SlotId slot, std::size_t offset, std::size_t length) override;
    Status program(chip::SlotId slot, std::size_t offset, ConstBytes bytes) override;
    chip::SlotState state(chip::SlotId slot) const override;
    Status set_boot(chip::SlotId slot) override;
    Status confirm_running() override;
    Status reject_running() override;

private:
    Slots(Region a, Region b, Region otadata, chip::SlotId running);
    const Region& region(chip::SlotId slot) const { return slot == chip::SlotId::a ? a_ : b_; }
    Status check(chip::SlotId slot, std::size_t offset, std::size_t length, std::size_t unit) const;
    Status check_erased(std::size_t offset, std::size_t length) const;
    // Rewrites the running slot's entry with another state.
    Status rewrite_running(BootEntries& entries, chip::SlotState state);

    Region a_;
    Region b_;
    BootRecord record_;
    chip::SlotId running_;
    // Units of the other slot programmed since this start. All-ones data leaves no trace in the flash's contents.
    std::vector<bool> programmed_;
};

}  // namespace esb::vchip
