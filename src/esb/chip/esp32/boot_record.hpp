// ESP-IDF's boot record (partition otadata): two entries in two sectors; the valid one with the higher sequence number
// is active. For what ESP-IDF's own functions cannot do, or do only together with a restart.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"

#include <esp_flash_partitions.h>
#include <esp_partition.h>

#include <array>
#include <optional>

namespace esb::chip::esp32 {

using BootEntries = std::array<esp_ota_select_entry_t, 2>;

// `undefined` for a number that nobody writes.
SlotState slot_state(const esp_ota_select_entry_t& entry);

// The CRC covers the sequence number only; whoever asks for a state must be ready for any.
class BootRecord {
public:
    explicit BootRecord(const esp_partition_t& otadata) : otadata_(otadata) {}

    // flash_failed.
    Result<BootEntries> read() const;
    // The entry that chooses the next slot to boot. Empty: the boot loader takes its default, slot a.
    static std::optional<std::size_t> active(BootEntries& entries);
    // The entry that speaks of the slot, whatever its state.
    static std::optional<std::size_t> entry_of(const BootEntries& entries, SlotId slot);
    // Can be chosen by the boot loader.
    static bool bootable(const esp_ota_select_entry_t& entry);
    // Rewrites one entry in its own sector with another state: an erase and a write. flash_failed.
    Status set_state(BootEntries& entries, std::size_t index, SlotState state) const;

private:
    const esp_partition_t& otadata_;
};

}  // namespace esb::chip::esp32
