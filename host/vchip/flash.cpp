#include "host/vchip/flash.hpp"

#include "host/vchip/flash_tear.hpp"

#include <algorithm>

namespace esb::vchip {
namespace {

// Typical times of a 4 MB SPI NOR chip (data sheet values, docs of the ESP32's usual parts).
std::chrono::microseconds cost(const FlashOperation& operation) {
    using namespace std::chrono_literals;
    if (operation.kind == FlashOperation::Kind::program) return 600us * ((operation.length + 255) / 256);
    return operation.length == erase_block ? 150ms : 45ms;
}

}  // namespace

struct Flash::Change {
    FlashOperation operation;
    ConstBytes wanted;                 // what the caller asked for
    std::vector<std::uint8_t> before;  // the cells as they are
    std::vector<std::uint8_t> after;   // the cells as the whole operation leaves them

    bool erasing() const { return operation.kind == FlashOperation::Kind::erase; }
    // Keeps the bits that are 0 already; true if one of them was asked to be 1.
    bool mask_with_old_bits() {
        bool raised = false;
        for (std::size_t i = 0; i < after.size(); ++i) {
            raised = raised || (after[i] & ~before[i]) != 0;
            after[i] = static_cast<std::uint8_t>(after[i] & before[i]);
        }
        return raised;
    }
};

Flash::Flash(FlashStore& store, FlashHooks hooks, std::uint64_t noise)
    : store_(store), hooks_(std::move(hooks)), noise_(noise) {
    wear_.erases.resize(store.size() / erase_unit);
    wear_.programs.resize(store.size() / erase_unit);
}

void Flash::power_on() {
    powered_ = true;
    operations_ = 0;
    plan_ = {};
}

Status Flash::check(std::size_t offset, std::size_t length, std::size_t unit) const {
    if (!powered_) return fail(errors::power_lost);
    if (offset > size() || length > size() - offset) return fail(errors::flash_bounds);
    if (offset % unit != 0 || length % unit != 0) return fail(errors::flash_alignment);
    return {};
}

Status Flash::read(std::size_t offset, MutBytes out) {
    ESB_TRY(check(offset, out.size(), 1));
    ESB_TRY(store_.read(offset, out));
    bytes_read_ += out.size();
    for (auto cell = store_.unstable.lower_bound(offset); cell != store_.unstable.end(); ++cell) {
        if (cell->first - offset >= out.size()) break;
        auto& byte = out[cell->first - offset];
        byte = static_cast<std::uint8_t>(byte ^ (cell->second & noise_.next()));
    }
    return {};
}

Status Flash::erase(std::size_t offset, std::size_t length) {
    ESB_TRY(check(offset, length, erase_unit));
    const std::vector<std::uint8_t> erased(std::min(length, erase_block), 0xFF);
    while (length > 0) {
        const bool whole_block = offset % erase_block == 0 && length >= erase_block;
        const std::size_t count = whole_block ? erase_block : erase_unit;
        ESB_TRY(operate(FlashOperation::Kind::erase, offset, ConstBytes(erased).first(count)));
        offset += count;
        length -= count;
    }
    return {};
}

Status Flash::program(std::size_t offset, ConstBytes bytes) {
    ESB_TRY(check(offset, bytes.size(), program_unit));
    if (bytes.empty()) return {};
    return operate(FlashOperation::Kind::program, offset, bytes);
}

Status Flash::operate(FlashOperation::Kind kind, std::size_t offset, ConstBytes wanted) {
    Change change{{++operations_, kind, offset, wanted.size()}, wanted, {}, {wanted.begin(), wanted.end()}};
    if (hooks_.on_operation) hooks_.on_operation(change.operation);
    count_wear(change.operation);
    change.before.resize(wanted.size());
    ESB_TRY(store_.read(offset, change.before));
    if (!change.erasing() && change.mask_with_old_bits()) ++overprograms_;

    if (plan_.cut && plan_.cut->operation == change.operation.number) return cut_power(*plan_.cut, change);
    if (hooks_.spend) hooks_.spend(cost(change.operation));
    if (plan_.failures.contains(change.operation.number)) return wear_out(change);
    return complete(change);
}

Status Flash::cut_power(const PowerCut& cut, const Change& change) {
    if (cut.kind == CutKind::after) {
        ESB_TRY(complete(change));
    } else {
        const TornBytes torn = tear(cut, change.before, change.after, change.erasing());
        ESB_TRY(store_.write(change.operation.offset, torn.bytes));
        for (const auto& [at, mask] : torn.unstable) store_.unstable[change.operation.offset + at] |= mask;
    }
    powered_ = false;
    if (hooks_.on_power_cut) hooks_.on_power_cut();
    return fail(errors::power_lost);
}

// Worn cells: an erase does nothing, a program gives up half-way.
Status Flash::wear_out(const Change& change) {
    const std::size_t done = change.erasing() ? 0 : change.after.size() / 2;
    ESB_TRY(store_.write(change.operation.offset, ConstBytes(change.after).first(done)));
    return fail(errors::flash_failed);
}

Status Flash::complete(const Change& change) {
    ESB_TRY(store_.write(change.operation.offset, change.after));
    settle_cells(change);
    return {};
}

// An erase settles every cell; a program settles those that it drives to 0.
void Flash::settle_cells(const Change& change) {
    const std::size_t offset = change.operation.offset;
    auto cell = store_.unstable.lower_bound(offset);
    while (cell != store_.unstable.end() && cell->first - offset < change.wanted.size()) {
        const unsigned untouched = change.erasing() ? 0U : change.wanted[cell->first - offset];
        cell->second = static_cast<std::uint8_t>(cell->second & untouched);
        cell = cell->second == 0 ? store_.unstable.erase(cell) : std::next(cell);
    }
}

void Flash::count_wear(const FlashOperation& operation) {
    auto& counts = operation.kind == FlashOperation::Kind::erase ? wear_.erases : wear_.programs;
    const std::size_t last = (operation.offset + operation.length - 1) / erase_unit;
    for (std::size_t unit = operation.offset / erase_unit; unit <= last; ++unit) ++counts[unit];
}

Status Region::read(std::size_t offset, MutBytes out) const {
    if (!inside(offset, out.size())) return fail(errors::flash_bounds);
    return flash_->read(offset_ + offset, out);
}

Status Region::erase(std::size_t offset, std::size_t length) const {
    if (!inside(offset, length)) return fail(errors::flash_bounds);
    return flash_->erase(offset_ + offset, length);
}

Status Region::program(std::size_t offset, ConstBytes bytes) const {
    if (!inside(offset, bytes.size())) return fail(errors::flash_bounds);
    return flash_->program(offset_ + offset, bytes);
}

}  // namespace esb::vchip
