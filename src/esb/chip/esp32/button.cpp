#include "esb/chip/esp32/button.hpp"

#include "esb/chip/esp32/build_options.hpp"

#include <driver/gpio.h>
#include <esp_err.h>
#include <freertos/FreeRTOS.h>

namespace esb::chip::esp32 {
namespace {

constexpr int pin_number = CONFIG_ESB_BUTTON_GPIO;
constexpr bool present = pin_number >= 0;
constexpr auto pin = static_cast<gpio_num_t>(pin_number);

}  // namespace

Button::Button(Sockets& sockets) : sockets_(sockets) {
    if constexpr (present) {
        gpio_config_t config{};
        config.pin_bit_mask = 1ULL << (present ? pin_number : 0);
        config.mode = GPIO_MODE_INPUT;
        config.pull_up_en = GPIO_PULLUP_ENABLE;
        config.intr_type = GPIO_INTR_ANYEDGE;
        ESP_ERROR_CHECK(gpio_config(&config));
        const esp_err_t installed = gpio_install_isr_service(0);
        if (installed != ESP_ERR_INVALID_STATE) ESP_ERROR_CHECK(installed);  // the author's code may have done it
        ESP_ERROR_CHECK(gpio_isr_handler_add(pin, on_change, this));
    }
}

bool Button::pressed() const {
    if constexpr (present) return gpio_get_level(pin) == 0;
    return false;
}

void Button::on_change(void* self) {
    if (static_cast<Button*>(self)->sockets_.wake_from_isr()) portYIELD_FROM_ISR();
}

}  // namespace esb::chip::esp32
