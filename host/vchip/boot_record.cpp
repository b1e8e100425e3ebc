#include "host/vchip/boot_record.hpp"

#include "esb/base/encoding.hpp"

namespace esb::vchip {
namespace {

// esp_ota_img_states_t
enum : std::uint32_t { idf_new = 0, idf_pending_verify = 1, idf_valid = 2, idf_invalid = 3, idf_aborted = 4 };
constexpr std::uint32_t idf_undefined = 0xFFFFFFFF;

std::uint32_t sequence_crc(std::uint32_t sequence) {
    std::array<std::uint8_t, 4> bytes{};
    ByteWriter(bytes).le32(sequence);
    return crc32(bytes, 0xFFFFFFFF);
}

std::uint32_t to_idf(chip::SlotState state) {
    switch (state) {
        case chip::SlotState::fresh:
            return idf_new;
        case chip::SlotState::pending_verify:
            return idf_pending_verify;
        case chip::SlotState::valid:
            return idf_valid;
        case chip::SlotState::invalid:
            return idf_invalid;
        case chip::SlotState::aborted:
            return idf_aborted;
        case chip::SlotState::undefined:
            break;
    }
    return idf_undefined;
}

}  // namespace

BootEntry BootEntry::parse(const std::array<std::uint8_t, size>& bytes) {
    ByteReader reader(bytes);
    BootEntry entry;
    entry.sequence = *reader.le32();
    copy(*reader.take(entry.label.size()), entry.label);
    entry.state = *reader.le32();
    entry.crc = *reader.le32();
    return entry;
}

BootEntry BootEntry::make(std::uint32_t sequence, chip::SlotState state) {
    BootEntry entry;
    entry.sequence = sequence;
    entry.label.fill(0xFF);
    entry.set_state(state);
    entry.crc = sequence_crc(sequence);
    return entry;
}

std::array<std::uint8_t, BootEntry::size> BootEntry::bytes() const {
    std::array<std::uint8_t, size> made{};
    ByteWriter(made).le32(sequence).bytes(label).le32(state).le32(crc);
    return made;
}

bool BootEntry::crc_matches() const { return crc == sequence_crc(sequence); }

bool BootEntry::dead() const { return sequence == 0xFFFFFFFF || state == idf_invalid || state == idf_aborted; }

chip::SlotState BootEntry::slot_state() const {
    switch (state) {
        case idf_new:
            return chip::SlotState::fresh;
        case idf_pending_verify:
            return chip::SlotState::pending_verify;
        case idf_valid:
            return chip::SlotState::valid;
        case idf_invalid:
            return chip::SlotState::invalid;
        case idf_aborted:
            return chip::SlotState::aborted;
        default:
            return chip::SlotState::undefined;
    }
}

void BootEntry::set_state(chip::SlotState new_state) { state = to_idf(new_state); }

std::optional<std::size_t> active_entry(const BootEntries& entries) {
    const bool first = entries[0].valid();
    const bool second = entries[1].valid();
    if (first && second) return entries[0].sequence >= entries[1].sequence ? 0 : 1;
    if (first) return 0;
    if (second) return 1;
    return {};
}

Result<BootEntries> BootRecord::read() const {
    BootEntries entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        std::array<std::uint8_t, BootEntry::size> bytes{};
        ESB_TRY(region_.read(i * erase_unit, bytes));
        entries[i] = BootEntry::parse(bytes);
    }
    return entries;
}

Status BootRecord::write(std::size_t index, const BootEntry& entry) {
    ESB_TRY(region_.erase(index * erase_unit, erase_unit));
    return region_.program(index * erase_unit, entry.bytes());
}

Result<chip::SlotState> BootRecord::state(chip::SlotId slot) const {
    const auto entries = read();
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
        if (entry.slot() == slot && entry.crc_matches()) return entry.slot_state();
    }
    return chip::SlotState::undefined;
}

Status BootRecord::choose(chip::SlotId slot) {
    const auto entries = read();
    if (!entries) return fail(entries.error());
    const auto active = active_entry(*entries);
    if (!active) return write(0, BootEntry::make(slot == chip::SlotId::a ? 1 : 2, chip::SlotState::fresh));
    const BootEntry& current = (*entries)[*active];
    if (current.slot() == slot) return write(*active, BootEntry::make(current.sequence, chip::SlotState::fresh));
    return write(1 - *active, BootEntry::make(current.sequence + 1, chip::SlotState::fresh));
}

}  // namespace esb::vchip
