// Which slot boots next: a copy of ESP-IDF's "otadata" partition, byte for byte and weakness for weakness.
//
// Two 4 KiB sectors hold one entry each. An entry names a slot by its sequence number; the higher valid one is
// active. The CRC covers the sequence number only, so a torn write can leave a state that nobody wrote. To change
// an entry its sector is erased first:
// - choosing the other slot rewrites the sector that is not active, so a cut leaves the old choice;
// - confirming rewrites the ACTIVE sector. A cut between erase and program leaves the other entry, that is, the
//   previous firmware boots. ESP-IDF has this window too; the update engine's trial record closes it.
//
// Choosing the slot that the active entry names already rewrites that entry, as ESP-IDF's newest branch does. The
// releases 5.1 to 5.5 write the same sequence number over the other sector instead, which loses the entry of the
// running slot; a chip port must not call esp_ota_set_boot_partition() in that state.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"
#include "host/vchip/flash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace esb::vchip {

// esp_ota_select_entry_t: the 32 bytes at the start of each sector, little endian.
struct BootEntry {
    static constexpr std::size_t size = 32;

    std::uint32_t sequence = 0xFFFFFFFF;
    std::array<std::uint8_t, 20> label{};  // not used
    std::uint32_t state = 0xFFFFFFFF;      // esp_ota_img_states_t, or anything else after a tear
    std::uint32_t crc = 0xFFFFFFFF;

    static BootEntry parse(const std::array<std::uint8_t, size>& bytes);
    static BootEntry make(std::uint32_t sequence, chip::SlotState state);
    std::array<std::uint8_t, size> bytes() const;

    bool crc_matches() const;
    // Erased, or given up: cannot become active whatever its CRC says.
    bool dead() const;
    bool valid() const { return !dead() && crc_matches(); }
    // Sequence 1 is slot a, 2 slot b, 3 slot a ...
    chip::SlotId slot() const { return (sequence - 1) % 2 == 0 ? chip::SlotId::a : chip::SlotId::b; }
    // Numbers that ESP-IDF does not know count as undefined.
    chip::SlotState slot_state() const;
    void set_state(chip::SlotState state);
};

using BootEntries = std::array<BootEntry, 2>;

// The index of the valid entry with the highest sequence number; empty when none is valid.
std::optional<std::size_t> active_entry(const BootEntries& entries);

// Each call reads the flash anew. Errors are the flash's.
class BootRecord {
public:
    // `otadata`: the partition, at least 8 KiB.
    explicit BootRecord(Region otadata) : region_(otadata) {}

    Result<BootEntries> read() const;
    // Erases the sector, then programs the entry.
    Status write(std::size_t index, const BootEntry& entry);

    // What the record says of a slot; undefined when it says nothing.
    Result<chip::SlotState> state(chip::SlotId slot) const;
    // Makes the slot the next to boot, as fresh.
    Status choose(chip::SlotId slot);

private:
    Region region_;
};

}  // namespace esb::vchip
