// Any bytes in otadata, any first kilobytes in the slots: the boot loader decides, boots verified images only, and
// comes to rest. Input: flags (1), two entries (64), cut (operation, kind, seed), slot contents. Flags: 1, 2 a good
// image in slot a, b; 4 cut; 8 confirm; 16 choose the other slot; 32 reject; 64 both entries get a matching CRC.
#include "host/vchip/boot_record.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/slots.hpp"
#include "tests/support/vchip_image.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace esb;
using namespace esb::vchip;

constexpr std::size_t flash_size = 192 * 1024;
constexpr std::string_view layout =
    "otadata, data, ota, 0x9000, 8K\n"
    "ota_0, app, ota_0, 0x10000, 16K\n"
    "ota_1, app, ota_1, , 16K\n";

void require(bool holds) {
    if (!holds) std::abort();
}

void fill(Flash& flash, std::size_t offset, ConstBytes bytes) {
    std::vector<std::uint8_t> padded(bytes.begin(), bytes.end());
    padded.resize((bytes.size() + 3) / 4 * 4, 0xFF);
    require(flash.program(offset, padded).has_value());
}

// A hostile writer knows the CRC; random bytes would hardly ever hit it.
std::array<std::uint8_t, BootEntry::size> entry_bytes(ConstBytes bytes, bool matching) {
    std::array<std::uint8_t, BootEntry::size> raw{};
    copy(bytes, raw);
    BootEntry entry = BootEntry::parse(raw);
    if (matching) entry.crc = BootEntry::make(entry.sequence, chip::SlotState::fresh).crc;
    return entry.bytes();
}

void put_slot(Flash& flash, const PartitionTable& table, chip::SlotId slot, bool good, ConstBytes foreign) {
    static const auto image = test::make_image();
    const auto& partition = *table.find(slot == chip::SlotId::a ? "ota_0" : "ota_1");
    const auto bytes = good ? ConstBytes(image) : foreign.first(std::min<std::size_t>(foreign.size(), 16384));
    fill(flash, partition.offset, bytes);
}

// What must hold of every boot.
std::optional<chip::SlotId> boot_once(Flash& flash, const PartitionTable& table, bool any_good) {
    const auto choice = boot(flash, table);
    if (!choice) {
        require(choice.error() == errors::boot_no_image && !any_good);
        return {};
    }
    const auto size = verify_slot(slot_region(flash, table, choice->slot).value());
    require(size && *size == choice->image_size);
    return choice->slot;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader input({data, size});
    const auto flags = input.u8();
    const auto first = input.take(BootEntry::size);
    const auto second = input.take(BootEntry::size);
    const auto cut = input.take(3);
    if (!flags || !first || !second || !cut) return 0;
    const auto table = PartitionTable::parse(layout, flash_size).value();
    MemoryStore store(flash_size);
    Flash flash(store);
    fill(flash, 0x9000, entry_bytes(*first, (*flags & 64) != 0));
    fill(flash, 0x9000 + erase_unit, entry_bytes(*second, (*flags & 64) != 0));
    const bool good_a = (*flags & 1) != 0;
    const bool good_b = (*flags & 2) != 0;
    put_slot(flash, table, chip::SlotId::a, good_a, input.rest());
    put_slot(flash, table, chip::SlotId::b, good_b, input.rest());

    flash.power_on();
    if ((*flags & 4) != 0) {
        const auto kind = all_cut_kinds[(*cut)[1] % std::size(all_cut_kinds)];
        flash.set_plan({PowerCut{(*cut)[0] % 5U + 1U, kind, (*cut)[2]}, {}});
        static_cast<void>(boot(flash, table));
        flash.power_on();
    }
    const auto running = boot_once(flash, table, good_a || good_b);
    if (!running) return 0;
    auto slots = Slots::open(flash, table, *running).value();
    if ((*flags & 8) != 0) {
        require(slots.confirm_running().has_value());
        require(slots.state(*running) != chip::SlotState::pending_verify);
    }
    if ((*flags & 16) != 0) static_cast<void>(slots.set_boot(other(*running)));
    if ((*flags & 32) != 0) static_cast<void>(slots.reject_running());
    // However it began: two trials and their ends later every start is like the one before. (Not so with an entry
    // that reads differently each time: ESP-IDF's loader has no defense against that.)
    if (!store.unstable.empty()) return 0;
    for (int i = 0; i < 4; ++i) static_cast<void>(boot_once(flash, table, good_a || good_b));
    const auto settled = boot_once(flash, table, good_a || good_b);
    require(settled == boot_once(flash, table, good_a || good_b));
    return 0;
}
