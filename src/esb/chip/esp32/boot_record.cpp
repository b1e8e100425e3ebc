#include "esb/chip/esp32/boot_record.hpp"

#include "esb/chip/key_value.hpp"

#include <bootloader_common.h>

namespace esb::chip::esp32 {
namespace {

constexpr std::size_t sector_size = 4096;

std::uint32_t idf_state(SlotState state) {
    switch (state) {
        case SlotState::fresh:
            return ESP_OTA_IMG_NEW;
        case SlotState::pending_verify:
            return ESP_OTA_IMG_PENDING_VERIFY;
        case SlotState::valid:
            return ESP_OTA_IMG_VALID;
        case SlotState::invalid:
            return ESP_OTA_IMG_INVALID;
        case SlotState::aborted:
            return ESP_OTA_IMG_ABORTED;
        case SlotState::undefined:
            break;
    }
    return ESP_OTA_IMG_UNDEFINED;
}

bool crc_matches(const esp_ota_select_entry_t& entry) { return entry.crc == bootloader_common_ota_select_crc(&entry); }

// With two slots odd numbers mean slot a.
SlotId slot_of(const esp_ota_select_entry_t& entry) { return entry.ota_seq % 2 == 1 ? SlotId::a : SlotId::b; }

}  // namespace

SlotState slot_state(const esp_ota_select_entry_t& entry) {
    switch (entry.ota_state) {
        case ESP_OTA_IMG_NEW:
            return SlotState::fresh;
        case ESP_OTA_IMG_PENDING_VERIFY:
            return SlotState::pending_verify;
        case ESP_OTA_IMG_VALID:
            return SlotState::valid;
        case ESP_OTA_IMG_INVALID:
            return SlotState::invalid;
        case ESP_OTA_IMG_ABORTED:
            return SlotState::aborted;
        default:
            return SlotState::undefined;
    }
}

Result<BootEntries> BootRecord::read() const {
    BootEntries entries{};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const esp_err_t done = esp_partition_read(&otadata_, i * sector_size, &entries[i], sizeof entries[i]);
        if (done != ESP_OK) return fail(errors::flash_failed, done);
    }
    return entries;
}

std::optional<std::size_t> BootRecord::active(BootEntries& entries) {
    const int index = bootloader_common_get_active_otadata(entries.data());
    if (index < 0) return std::nullopt;
    return static_cast<std::size_t>(index);
}

std::optional<std::size_t> BootRecord::entry_of(const BootEntries& entries, SlotId slot) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (slot_of(entries[i]) == slot && crc_matches(entries[i])) return i;
    }
    return std::nullopt;
}

bool BootRecord::bootable(const esp_ota_select_entry_t& entry) { return bootloader_common_ota_select_valid(&entry); }

Status BootRecord::set_state(BootEntries& entries, std::size_t index, SlotState state) const {
    auto& entry = entries[index];
    entry.ota_state = idf_state(state);
    esp_err_t done = esp_partition_erase_range(&otadata_, index * sector_size, sector_size);
    if (done == ESP_OK) done = esp_partition_write(&otadata_, index * sector_size, &entry, sizeof entry);
    if (done != ESP_OK) return fail(errors::flash_failed, done);
    return {};
}

}  // namespace esb::chip::esp32
