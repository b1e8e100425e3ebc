// Where ESP-IDF starts us, or an Arduino sketch: the chip's parts are made and handed to run_firmware() in a task of its own.
// The one file of the port that knows device/.
#include "esb/base/features.hpp"
#include "esb/chip/chip.hpp"
#include "esb/chip/esp32/build_options.hpp"
#include "esb/chip/esp32/button.hpp"
#include "esb/chip/esp32/clock.hpp"
#include "esb/chip/esp32/console_port.hpp"
#include "esb/chip/esp32/entropy.hpp"
#include "esb/chip/esp32/key_value.hpp"
#include "esb/chip/esp32/log_output.hpp"
#include "esb/chip/esp32/radio.hpp"
#include "esb/chip/esp32/resolver.hpp"
#include "esb/chip/esp32/retained_ram.hpp"
#include "esb/chip/esp32/slots.hpp"
#include "esb/chip/esp32/sockets.hpp"
#include "esb/chip/esp32/system.hpp"
#if ESB_ETHERNET
#include "esb/chip/esp32/wire.hpp"
#endif
#include "esb/device/firmware.hpp"

#include <esp_log.h>
#include <esp_system.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

namespace esb::chip::esp32 {
namespace {

constexpr std::uint32_t stack_size = CONFIG_ESB_TASK_STACK;
constexpr UBaseType_t priority = CONFIG_ESB_TASK_PRIORITY;

// Lives in static memory: the map file shows its size, and the task's stack stays small.
struct Parts {
    explicit Parts(const Slots& opened) : slots(opened) {}

    Slots slots;
    KeyValue key_value;
    Clock clock;
    Sockets sockets;
    Radio radio{sockets};
    Resolver resolver{clock, sockets};
    ConsolePort uart{sockets};
    Entropy entropy{radio};
    RetainedRam retained_ram;
    Button button{sockets};
    System system;
#if ESB_ETHERNET
    Wire wire{sockets};
#endif
};

constexpr Limits configured_limits() {
    Limits limits;
    limits.mqtt_memory = CONFIG_ESB_MQTT_MEMORY;
    limits.max_message = CONFIG_ESB_MAX_MESSAGE;
    limits.queue_slots = CONFIG_ESB_QUEUE_SLOTS;
    limits.max_publish = CONFIG_ESB_MAX_PUBLISH;
    return limits;
}
static_assert(configured_limits().is_valid(), "idf.py menuconfig, ESP32 Secure Base: one of the sizes is impossible");

// Without two slots or the network stack nothing could ever be updated. Said again at every restart.
[[noreturn]] void give_up(const Error& why) {
    ESP_LOGE("esb", "%.*s (%ld)", static_cast<int>(why.text().size()), why.text().data(),
             static_cast<long>(why.detail()));
    abort();
}

void run(void*) {
    const auto slots = Slots::open();
    if (!slots) give_up(slots.error());
    static Parts parts(*slots);
    if (const auto started = parts.sockets.start(); !started) give_up(started.error());
    send_log_to(parts.uart);
#if CONFIG_ESB_OPEN_ACCESS_POINT
    ESP_LOGE("esb", "INSECURE: the set-up access point has no encryption (CONFIG_ESB_OPEN_ACCESS_POINT)");
#endif
    Chip chip{parts.slots,   parts.key_value, parts.radio,        parts.sockets, parts.resolver, parts.uart,
              parts.entropy, parts.clock,     parts.retained_ram, parts.button,  parts.system};
#if ESB_ETHERNET
    chip.wire = &parts.wire;
#endif
    run_firmware(chip, configured_limits());
}

void start_task() {
    if (xTaskCreate(run, "esb", stack_size, nullptr, priority, nullptr) != pdPASS) abort();
}

}  // namespace
}  // namespace esb::chip::esp32

#if defined(ARDUINO)

// The core has an app_main() of its own, and would confirm an updated image before a line of it has run.
extern "C" bool verifyRollbackLater() { return true; }

namespace esb {
void begin() { chip::esp32::start_task(); }
}  // namespace esb

#else

extern "C" void app_main() { esb::chip::esp32::start_task(); }

#endif
