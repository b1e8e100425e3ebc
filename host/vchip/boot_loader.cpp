#include "host/vchip/boot_loader.hpp"

#include "host/vchip/boot_record.hpp"
#include "host/vchip/image.hpp"

namespace esb::vchip {
namespace {

using chip::SlotId;
using chip::SlotState;

// The real boot loader goes on when such a write fails; without power nobody goes on.
Status rewrite(BootRecord& record, std::size_t index, BootEntry& entry, SlotState state) {
    entry.set_state(state);
    const auto written = record.write(index, entry);
    if (!written && written.error() == errors::power_lost) return written;
    return {};
}

Status abort_unconfirmed(BootRecord& record, BootEntries& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].slot_state() != SlotState::pending_verify) continue;
        ESB_TRY(rewrite(record, i, entries[i], SlotState::aborted));
    }
    return {};
}

// Never written, or not completely.
bool blank(const BootEntry& entry) { return entry.sequence == 0xFFFFFFFF || !entry.crc_matches(); }

struct Plan {
    SlotId first = SlotId::a;
    bool enter_as_valid = false;
};

Result<Plan> plan_boot(BootRecord& record, BootEntries& entries) {
    if (entries[0].dead() && entries[1].dead()) return Plan{SlotId::a, blank(entries[0]) && blank(entries[1])};
    const auto active = active_entry(entries);
    if (!active) return Plan{};
    BootEntry& entry = entries[*active];
    if (entry.slot_state() == SlotState::fresh) {
        ESB_TRY(rewrite(record, *active, entry, SlotState::pending_verify));
    }
    return Plan{entry.slot()};
}

Result<BootChoice> try_slots(Flash& flash, const PartitionTable& table, SlotId first) {
    for (const SlotId slot : {first, other(first)}) {
        const auto region = slot_region(flash, table, slot);
        if (!region) return fail(region.error());
        const auto size = verify_slot(*region);
        if (size) return BootChoice{slot, SlotState::undefined, *size};
        if (size.error() == errors::power_lost) return fail(size.error());
    }
    return fail(errors::boot_no_image);
}

}  // namespace

Result<BootChoice> boot(Flash& flash, const PartitionTable& table) {
    const auto otadata = table.region(flash, PartitionType::data, subtype_otadata);
    if (!otadata) return fail(otadata.error());
    BootRecord record(*otadata);
    auto entries = record.read();
    if (!entries) return fail(entries.error());
    ESB_TRY(abort_unconfirmed(record, *entries));
    const auto plan = plan_boot(record, *entries);
    if (!plan) return fail(plan.error());
    auto choice = try_slots(flash, table, plan->first);
    if (!choice) return choice;
    if (plan->enter_as_valid) {
        auto entry = BootEntry::make(choice->slot == SlotId::a ? 1 : 2, SlotState::valid);
        ESB_TRY(rewrite(record, 0, entry, SlotState::valid));
    }
    const auto state = record.state(choice->slot);
    if (!state) return fail(state.error());
    choice->state = *state;
    return choice;
}

Result<Region> slot_region(Flash& flash, const PartitionTable& table, SlotId slot) {
    return table.region(flash, PartitionType::app, static_cast<std::uint8_t>(subtype_ota_0 + (slot == SlotId::b)));
}

Result<std::size_t> verify_slot(const Region& slot) {
    return verify_image([&slot](std::size_t offset, MutBytes out) { return slot.read(offset, out); }, slot.size());
}

}  // namespace esb::vchip
