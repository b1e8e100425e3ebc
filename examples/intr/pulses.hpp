// The meter's pulses, counted by an interrupt: of a pin on the chip, of a timer on the virtual chip.
#pragma once

#include <cstdint>

// Written by the handler alone, read by anybody. In RAM, as every variable is.
inline volatile std::uint32_t pulses = 0;

#if defined(ESP_PLATFORM)

#include <driver/gpio.h>
#include <esp_attr.h>

inline constexpr gpio_num_t meter_pin = GPIO_NUM_4;

// For one file to include. Lives in RAM and calls nothing: it runs while flash is being written. Static, as the ESP32's
// linker (Xtensa) cannot place the constants of an inline function that is there.
static void IRAM_ATTR count_pulse(void*) { pulses = pulses + 1; }

static bool start_counting() {
    gpio_config_t pin{};
    pin.pin_bit_mask = std::uint64_t{1} << meter_pin;
    pin.mode = GPIO_MODE_INPUT;
    pin.pull_up_en = GPIO_PULLUP_ENABLE;
    pin.intr_type = GPIO_INTR_NEGEDGE;
    if (gpio_config(&pin) != ESP_OK) return false;
    // ESP_INTR_FLAG_IRAM: without it ESP-IDF holds the interrupt back while flash is being written.
    const auto service = gpio_install_isr_service(ESP_INTR_FLAG_IRAM);
    if (service != ESP_OK && service != ESP_ERR_INVALID_STATE) return false;  // somebody else may have installed it
    return gpio_isr_handler_add(meter_pin, count_pulse, nullptr) == ESP_OK;
}

#else

#include <csignal>
#include <sys/time.h>

// A signal is the virtual chip's interrupt: it comes between any two instructions as well.
inline void count_pulse(int) { pulses = pulses + 1; }

inline bool start_counting() {
    struct sigaction action {};
    action.sa_handler = count_pulse;
    action.sa_flags = SA_RESTART;
    const itimerval every_200_ms{{0, 200'000}, {0, 200'000}};
    return sigaction(SIGALRM, &action, nullptr) == 0 && setitimer(ITIMER_REAL, &every_200_ms, nullptr) == 0;
}

#endif
