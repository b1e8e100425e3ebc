#include "esb/chip/esp32/system.hpp"

#include "esb/base/features.hpp"

#include <esp_efuse.h>
#include <esp_flash_encrypt.h>
#include <esp_heap_caps.h>
#include <esp_idf_version.h>
#include <esp_mac.h>
#include <esp_secure_boot.h>
#include <esp_sleep.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <esp_wifi.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>

namespace esb::chip::esp32 {
namespace {

// Idle tasks stay watched where the configuration says so.
constexpr std::uint32_t idle_cores =
#if CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0
    1U |
#endif
#if CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU1
    2U |
#endif
    0U;

bool flash_is_encrypted() {
#if ESP_IDF_VERSION_MAJOR >= 6
    return esp_efuse_is_flash_encryption_enabled();
#else
    return esp_flash_encryption_enabled();
#endif
}

}  // namespace

System::System() {
    if (esp_secure_boot_enabled()) static_cast<void>(protections_.push_back("secure-boot"));
    if (flash_is_encrypted()) static_cast<void>(protections_.push_back("flash-encryption"));
#if CONFIG_ESB_OPEN_ACCESS_POINT
    static_cast<void>(protections_.push_back("open-access-point"));  // what is missing is said as well
#endif
}

std::array<std::uint8_t, 6> System::station_mac() const {
    std::array<std::uint8_t, 6> mac{};
    ESP_ERROR_CHECK(esp_read_mac(mac.data(), ESP_MAC_WIFI_STA));
    return mac;
}

std::string_view System::hardware() const { return CONFIG_IDF_TARGET; }

ResetReason System::reset_reason() const {
    switch (esp_reset_reason()) {
        case ESP_RST_POWERON:
            return ResetReason::power_on;
        case ESP_RST_EXT:
            return ResetReason::external;
        case ESP_RST_SW:
            return ResetReason::software;
        case ESP_RST_PANIC:
            return ResetReason::panic;
        case ESP_RST_INT_WDT:
            return ResetReason::interrupt_watchdog;
        case ESP_RST_TASK_WDT:
            return ResetReason::task_watchdog;
        case ESP_RST_WDT:
            return ResetReason::other_watchdog;
        case ESP_RST_DEEPSLEEP:
            return ResetReason::deep_sleep;
        case ESP_RST_BROWNOUT:
            return ResetReason::brownout;
        default:
            return ResetReason::unknown;
    }
}

Heap System::heap() const {
    return {esp_get_free_heap_size(), esp_get_minimum_free_heap_size(),
            heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT)};
}

std::size_t System::stack_reserve() const { return uxTaskGetStackHighWaterMark(nullptr) * sizeof(StackType_t); }

void System::restart() { esp_restart(); }

void System::deep_sleep(Duration time) {
    if constexpr (with_deep_sleep) {
        // The access point is told, and the RF part gets its clock off in order; without a driver it is an error of no matter.
        static_cast<void>(esp_wifi_stop());
        esp_deep_sleep(static_cast<std::uint64_t>(time.count()) * 1000);
    } else {
        esp_restart();
    }
}

Status System::start_watchdog(Duration timeout) {
    if (timeout <= Duration::zero()) return fail(errors::invalid_argument);
    esp_task_wdt_config_t config{};
    config.timeout_ms = static_cast<std::uint32_t>(timeout.count());
    config.idle_core_mask = idle_cores;
    config.trigger_panic = true;  // a restart, with a trace on the serial port
    esp_err_t done = esp_task_wdt_reconfigure(&config);
    if (done == ESP_ERR_INVALID_STATE) done = esp_task_wdt_init(&config);
    if (done == ESP_OK && esp_task_wdt_status(nullptr) != ESP_OK) done = esp_task_wdt_add(nullptr);
    if (done != ESP_OK) return fail(errors::watchdog_failed, done);
    return {};
}

void System::feed_watchdog() { esp_task_wdt_reset(); }

}  // namespace esb::chip::esp32
