#include "host/vchip/data_partitions.hpp"

#include "esb/chip/errors.hpp"
#include "host/vchip/slots.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace esb::vchip {
namespace {

constexpr std::uint8_t first_free_subtype = 0x06;  // those below it are the chip's own

bool inside(const Region& region, std::size_t offset, std::size_t length) {
    return offset <= region.size() && length <= region.size() - offset;
}

}  // namespace

std::optional<Region> DataPartitions::find(std::string_view name, chip::SlotId slot) const {
    const auto* found = table_.find(std::string(name) + (slot == chip::SlotId::a ? "_0" : "_1"));
    if (found == nullptr || found->type != PartitionType::data || found->subtype < first_free_subtype) return {};
    return Region(flash_, found->offset, found->size);
}

std::optional<std::size_t> DataPartitions::size(std::string_view name) const {
    const auto a = find(name, chip::SlotId::a);
    const auto b = find(name, chip::SlotId::b);
    if (!a || !b || a->size() != b->size()) return {};
    return a->size();
}

Status DataPartitions::read(std::string_view name, chip::SlotId slot, std::size_t offset, MutBytes out) {
    const auto region = find(name, slot);
    if (!region || !inside(*region, offset, out.size())) return fail(errors::slot_bounds);
    return region->read(offset, out);
}

Result<Region> DataPartitions::to_write(std::string_view name, chip::SlotId slot, std::size_t offset,
                                        std::size_t length, std::size_t unit) const {
    const auto region = find(name, slot);
    if (slot == running_) return fail(errors::slot_running);
    if (!region || !inside(*region, offset, length)) return fail(errors::slot_bounds);
    if (offset % unit != 0 || length % unit != 0) return fail(errors::slot_alignment);
    return *region;
}

Status DataPartitions::erase(std::string_view name, chip::SlotId slot, std::size_t offset, std::size_t length) {
    const auto region = to_write(name, slot, offset, length, erase_unit);
    return region ? region->erase(offset, length) : Status(fail(region.error()));
}

Status DataPartitions::program(std::string_view name, chip::SlotId slot, std::size_t offset, ConstBytes bytes) {
    const auto region = to_write(name, slot, offset, bytes.size(), slot_program_unit);
    if (!region) return fail(region.error());
    std::vector<std::uint8_t> present(bytes.size());
    ESB_TRY(region->read(offset, present));
    const bool erased = std::all_of(present.begin(), present.end(), [](std::uint8_t byte) { return byte == 0xFF; });
    return erased ? region->program(offset, bytes) : Status(fail(errors::slot_not_erased));
}

}  // namespace esb::vchip
