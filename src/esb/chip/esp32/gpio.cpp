// chip::gpio() on ESP-IDF's driver.
#include "esb/chip/pins/gpio.hpp"

#include <driver/gpio.h>

namespace esb::chip {
namespace {

class PortGpio final : public Gpio {
public:
    Status output(int pin, bool level) override;
    Status input(int pin, Pull pull) override;
    Status set(int pin, bool level) override;
    Result<bool> read(int pin) override;

private:
    static std::uint64_t bit(int pin) { return 1ULL << static_cast<unsigned>(pin); }
    static bool is_pin(int pin) { return pin >= 0 && pin < GPIO_NUM_MAX; }

    std::uint64_t outputs_ = 0;
    std::uint64_t inputs_ = 0;
};

Status PortGpio::output(int pin, bool level) {
    if (!is_pin(pin) || !GPIO_IS_VALID_OUTPUT_GPIO(pin)) return fail(errors::pin_invalid, pin);
    gpio_config_t config{};
    config.pin_bit_mask = bit(pin);
    config.mode = GPIO_MODE_INPUT_OUTPUT;  // what is driven can be read
    // The level comes first: the pin never shows another.
    gpio_set_level(static_cast<gpio_num_t>(pin), level ? 1 : 0);
    if (gpio_config(&config) != ESP_OK) return fail(errors::pin_failed, pin);
    outputs_ |= bit(pin);
    inputs_ &= ~bit(pin);
    return {};
}

Status PortGpio::input(int pin, Pull pull) {
    if (!is_pin(pin) || !GPIO_IS_VALID_GPIO(pin)) return fail(errors::pin_invalid, pin);
    if (pull != Pull::none && !GPIO_IS_VALID_OUTPUT_GPIO(pin))
        return fail(errors::pin_invalid, pin);  // it has no pulls
    gpio_config_t config{};
    config.pin_bit_mask = bit(pin);
    config.mode = GPIO_MODE_INPUT;
    config.pull_up_en = pull == Pull::up ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE;
    config.pull_down_en = pull == Pull::down ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE;
    if (gpio_config(&config) != ESP_OK) return fail(errors::pin_failed, pin);
    inputs_ |= bit(pin);
    outputs_ &= ~bit(pin);
    return {};
}

Status PortGpio::set(int pin, bool level) {
    if (!is_pin(pin) || (outputs_ & bit(pin)) == 0) return fail(errors::pin_invalid, pin);
    if (gpio_set_level(static_cast<gpio_num_t>(pin), level ? 1 : 0) != ESP_OK) return fail(errors::pin_failed, pin);
    return {};
}

Result<bool> PortGpio::read(int pin) {
    if (!is_pin(pin) || ((outputs_ | inputs_) & bit(pin)) == 0) return fail(errors::pin_invalid, pin);
    return gpio_get_level(static_cast<gpio_num_t>(pin)) != 0;
}

constinit PortGpio port_gpio;

}  // namespace

Gpio& gpio() { return port_gpio; }

}  // namespace esb::chip
