#include "esb/chip/esp32/scan_list.hpp"

#include "esb/chip/esp32/radio_convert.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include <esp_wifi.h>

namespace esb::chip::esp32 {

// One call for all records: the function that gives them one by one is younger than ESP-IDF 5.1.0.
void take_scan_results(ScanList& out) {
    out.clear();
    std::uint16_t count = ScanList::capacity();
    const std::unique_ptr<wifi_ap_record_t[]> records(new (std::nothrow) wifi_ap_record_t[count]);
    if (!records || esp_wifi_scan_get_ap_records(&count, records.get()) != ESP_OK) {
        esp_wifi_clear_ap_list();
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (!out.push_back(to_scan_entry(records[i]))) break;
    }
    std::sort(out.begin(), out.end(), [](const ScanEntry& a, const ScanEntry& b) { return a.rssi > b.rssi; });
}

}  // namespace esb::chip::esp32
