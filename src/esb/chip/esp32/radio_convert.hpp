// Between the radio's names and those of ESP-IDF's Wi-Fi driver.
#pragma once

#include "esb/chip/radio.hpp"

#include <esp_wifi_types.h>

namespace esb::chip::esp32 {

// For a disconnect that we have not asked for.
DisconnectReason to_reason(std::uint8_t driver_reason);
Auth to_auth(wifi_auth_mode_t mode);
ScanEntry to_scan_entry(const wifi_ap_record_t& record);
Mac to_mac(const std::uint8_t (&bytes)[6]);

// Both hold the passphrase afterwards: wipe them.
void fill(wifi_sta_config_t& out, const StationConfig& from);
void fill(wifi_ap_config_t& out, const AccessPointConfig& from);

}  // namespace esb::chip::esp32
