// chip::Slots on ESP-IDF's partitions ota_0 and ota_1 and its boot record.
#pragma once

#include "esb/chip/esp32/boot_record.hpp"
#include "esb/chip/slots.hpp"

#include <esp_partition.h>

namespace esb::errors {
inline constexpr ErrorKind partition_table{"chip.partition_table",
                                           "the partition table needs otadata and ota_0 and ota_1 of one size"};
}

namespace esb::chip::esp32 {

class Slots final : public chip::Slots {
public:
    // partition_table: also when the running firmware lies in neither slot (a factory partition).
    static Result<Slots> open();

    SlotGeometry geometry() const override;
    SlotId running() const override { return running_; }
    Status read(SlotId slot, std::size_t offset, MutBytes out) override;
    Status erase(SlotId slot, std::size_t offset, std::size_t length) override;
    // `slot_not_erased` is not told apart here: what was programmed twice shows when it is read back.
    Status program(SlotId slot, std::size_t offset, ConstBytes bytes) override;
    SlotState state(SlotId slot) const override;
    Status set_boot(SlotId slot) override;
    Status confirm_running() override;
    Status reject_running() override;

private:
    Slots(const esp_partition_t& a, const esp_partition_t& b, const esp_partition_t& otadata, SlotId running)
        : a_(a), b_(b), record_(otadata), running_(running) {}
    const esp_partition_t& partition(SlotId slot) const { return slot == SlotId::a ? a_ : b_; }
    Status check(SlotId slot, std::size_t offset, std::size_t length, std::size_t unit) const;
    // What the boot loader checks: form, chip, checksum, digest and, with secure boot, the signature.
    bool boots(SlotId slot) const;

    const esp_partition_t& a_;
    const esp_partition_t& b_;
    BootRecord record_;
    SlotId running_;
};

}  // namespace esb::chip::esp32
