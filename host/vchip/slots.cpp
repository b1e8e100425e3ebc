#include "host/vchip/slots.hpp"

#include "host/vchip/boot_loader.hpp"
#include "host/vchip/image.hpp"

#include <algorithm>
#include <optional>

namespace esb::vchip {
namespace {

using chip::SlotId;
using chip::SlotState;

// The entry that speaks of the slot, as BootRecord::state() finds it.
std::optional<std::size_t> entry_of(const BootEntries& entries, SlotId slot) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].slot() == slot && entries[i].crc_matches()) return i;
    }
    return {};
}

}  // namespace

Result<Slots> Slots::open(Flash& flash, const PartitionTable& table, SlotId running) {
    const auto a = slot_region(flash, table, SlotId::a);
    if (!a) return fail(a.error());
    const auto b = slot_region(flash, table, SlotId::b);
    if (!b) return fail(b.error());
    const auto otadata = table.region(flash, PartitionType::data, subtype_otadata);
    if (!otadata) return fail(otadata.error());
    if (a->size() != b->size()) return fail(errors::partition_alignment);
    return Slots(*a, *b, *otadata, running);
}

Slots::Slots(Region a, Region b, Region otadata, SlotId running)
    : a_(a), b_(b), record_(otadata), running_(running), programmed_(a.size() / slot_program_unit) {}

chip::SlotGeometry Slots::geometry() const {
    return {a_.size(), erase_unit, erase_block, slot_program_unit, image_descriptor_at};
}

Status Slots::check(SlotId slot, std::size_t offset, std::size_t length, std::size_t unit) const {
    if (slot == running_) return fail(errors::slot_running);
    if (offset > a_.size() || length > a_.size() - offset) return fail(errors::slot_bounds);
    if (offset % unit != 0 || length % unit != 0) return fail(errors::slot_alignment);
    return {};
}

Status Slots::read(SlotId slot, std::size_t offset, MutBytes out) {
    if (offset > a_.size() || out.size() > a_.size() - offset) return fail(errors::slot_bounds);
    return region(slot).read(offset, out);
}

Status Slots::erase(SlotId slot, std::size_t offset, std::size_t length) {
    ESB_TRY(check(slot, offset, length, erase_unit));
    ESB_TRY(region(slot).erase(offset, length));
    for (std::size_t at = offset; at < offset + length; at += slot_program_unit) {
        programmed_[at / slot_program_unit] = false;
    }
    return {};
}

Status Slots::program(SlotId slot, std::size_t offset, ConstBytes bytes) {
    ESB_TRY(check(slot, offset, bytes.size(), slot_program_unit));
    ESB_TRY(check_erased(offset, bytes.size()));
    for (std::size_t at = offset; at < offset + bytes.size(); at += slot_program_unit) {
        programmed_[at / slot_program_unit] = true;
    }
    return region(slot).program(offset, bytes);
}

Status Slots::check_erased(std::size_t offset, std::size_t length) const {
    std::vector<std::uint8_t> present(length);
    ESB_TRY(region(other(running_)).read(offset, present));
    for (std::size_t i = 0; i < length; ++i) {
        if (present[i] != 0xFF || programmed_[(offset + i) / slot_program_unit]) {
            return fail(errors::slot_not_erased, static_cast<std::int32_t>(offset + i));
        }
    }
    return {};
}

SlotState Slots::state(SlotId slot) const { return record_.state(slot).value_or(SlotState::undefined); }

Status Slots::set_boot(SlotId slot) {
    if (const auto verified = verify_slot(region(slot)); !verified) {
        if (verified.error() == errors::power_lost) return fail(verified.error());
        return fail(errors::slot_bad_image);
    }
    return record_.choose(slot);
}

Status Slots::confirm_running() {
    auto entries = record_.read();
    if (!entries) return fail(entries.error());
    if (!entry_of(*entries, running_)) {
        ESB_TRY(record_.choose(running_));
        entries = record_.read();
        if (!entries) return fail(entries.error());
    }
    return rewrite_running(*entries, SlotState::valid);
}

Status Slots::reject_running() {
    auto entries = record_.read();
    if (!entries) return fail(entries.error());
    // As ESP-IDF asks: the other entry must be able to become the active one, and its image must boot.
    const auto fallback = entry_of(*entries, other(running_));
    if (!fallback || !(*entries)[*fallback].valid()) return fail(errors::slot_no_other);
    if (const auto verified = verify_slot(region(other(running_))); !verified) {
        if (verified.error() == errors::power_lost) return fail(verified.error());
        return fail(errors::slot_no_other);
    }
    return rewrite_running(*entries, SlotState::invalid);
}

Status Slots::rewrite_running(BootEntries& entries, SlotState state) {
    const auto mine = entry_of(entries, running_);
    if (!mine) return {};
    BootEntry entry = entries[*mine];
    entry.set_state(state);
    return record_.write(*mine, entry);
}

}  // namespace esb::vchip
