#include "esb/chip/esp32/slots.hpp"

#include "esb/chip/key_value.hpp"

#include <esp_image_format.h>
#include <esp_ota_ops.h>

namespace esb::chip::esp32 {
namespace {

constexpr std::size_t erase_unit = 4096;
constexpr std::size_t erase_block = 65536;
constexpr std::size_t program_unit = 16;      // the flash encryption's; without it any would do
constexpr std::size_t descriptor_at = 0x120;  // image and segment headers, esp_app_desc_t, then ours

const esp_partition_t* find(esp_partition_type_t type, esp_partition_subtype_t subtype) {
    return esp_partition_find_first(type, subtype, nullptr);
}

Status outcome(esp_err_t done) {
    if (done != ESP_OK) return fail(errors::flash_failed, done);
    return {};
}

}  // namespace

Result<Slots> Slots::open() {
    const auto* a = find(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_0);
    const auto* b = find(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_OTA_1);
    const auto* otadata = find(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA);
    if (a == nullptr || b == nullptr || otadata == nullptr || a->size != b->size) return fail(errors::partition_table);
    const auto* running = esp_ota_get_running_partition();
    if (running != a && running != b) return fail(errors::partition_table);
    return Slots(*a, *b, *otadata, running == a ? SlotId::a : SlotId::b);
}

SlotGeometry Slots::geometry() const { return {a_.size, erase_unit, erase_block, program_unit, descriptor_at}; }

Status Slots::check(SlotId slot, std::size_t offset, std::size_t length, std::size_t unit) const {
    if (slot == running_) return fail(errors::slot_running);
    if (offset > a_.size || length > a_.size - offset) return fail(errors::slot_bounds);
    if (offset % unit != 0 || length % unit != 0) return fail(errors::slot_alignment);
    return {};
}

Status Slots::read(SlotId slot, std::size_t offset, MutBytes out) {
    if (offset > a_.size || out.size() > a_.size - offset) return fail(errors::slot_bounds);
    return outcome(esp_partition_read(&partition(slot), offset, out.data(), out.size()));
}

Status Slots::erase(SlotId slot, std::size_t offset, std::size_t length) {
    ESB_TRY(check(slot, offset, length, erase_unit));
    return outcome(esp_partition_erase_range(&partition(slot), offset, length));
}

Status Slots::program(SlotId slot, std::size_t offset, ConstBytes bytes) {
    ESB_TRY(check(slot, offset, bytes.size(), program_unit));
    return outcome(esp_partition_write(&partition(slot), offset, bytes.data(), bytes.size()));
}

SlotState Slots::state(SlotId slot) const {
    const auto entries = record_.read();
    if (!entries) return SlotState::undefined;
    const auto entry = BootRecord::entry_of(*entries, slot);
    return entry ? slot_state((*entries)[*entry]) : SlotState::undefined;
}

bool Slots::boots(SlotId slot) const {
    const esp_partition_pos_t place{partition(slot).address, partition(slot).size};
    esp_image_metadata_t found{};
    return esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &place, &found) == ESP_OK;
}

Status Slots::set_boot(SlotId slot) {
    auto entries = record_.read();
    if (!entries) return fail(entries.error());
    const auto active = BootRecord::active(*entries);
    if (active && BootRecord::entry_of(*entries, slot) == active) {
        // Chosen already. esp_ota_set_boot_partition() would write the same sequence number over the other sector,
        // which is the running slot's entry (ESP-IDF before 5.4): only the state has to be set.
        if (!boots(slot)) return fail(errors::slot_bad_image);
        return record_.set_state(*entries, *active, SlotState::fresh);
    }
    const esp_err_t done = esp_ota_set_boot_partition(&partition(slot));
    if (done == ESP_ERR_OTA_VALIDATE_FAILED) return fail(errors::slot_bad_image);
    return outcome(done);
}

Status Slots::confirm_running() {
    auto entries = record_.read();
    if (!entries) return fail(entries.error());
    auto mine = BootRecord::entry_of(*entries, running_);
    if (!mine) {
        ESB_TRY(set_boot(running_));
        entries = record_.read();
        if (!entries) return fail(entries.error());
        mine = BootRecord::entry_of(*entries, running_);
        if (!mine) return fail(errors::flash_failed);
    }
    // ESP-IDF's function confirms the active entry, whatever runs, and does nothing if that is valid. It also raises the
    // anti-rollback efuse, if used.
    const bool is_active = BootRecord::active(*entries) == mine;
    if (is_active && slot_state((*entries)[*mine]) != SlotState::valid) {
        ESB_TRY(outcome(esp_ota_mark_app_valid_cancel_rollback()));
    }
    return record_.set_state(*entries, *mine, SlotState::valid);
}

// ESP-IDF's own function restarts at once and would do so in the middle of a turn.
Status Slots::reject_running() {
    auto entries = record_.read();
    if (!entries) return fail(entries.error());
    const auto fallback = BootRecord::entry_of(*entries, other(running_));
    if (!fallback || !BootRecord::bootable((*entries)[*fallback]) || !boots(other(running_))) {
        return fail(errors::slot_no_other);
    }
    const auto mine = BootRecord::entry_of(*entries, running_);
    if (!mine) return {};
    return record_.set_state(*entries, *mine, SlotState::invalid);
}

}  // namespace esb::chip::esp32
