// chip::pwm() on ESP-IDF's LED controller: one timer for all, a channel for each pin.
#include "esb/chip/pins/pwm.hpp"

#include <driver/gpio.h>
#include <driver/ledc.h>

namespace esb::chip {
namespace {

constexpr std::uint32_t hertz_min = 50;
constexpr std::uint32_t hertz_max = 40'000;
constexpr float full_scale = 1024;  // of LEDC_TIMER_10_BIT

class PortPwm final : public Pwm {
public:
    Status open(int pin, std::uint32_t hertz) override;
    Status set(int pin, float share) override;

private:
    // Of the pin, or count_.
    int channel_of(int pin) const;
    Status start_timer(std::uint32_t hertz);

    int pins_[pwm_pins_max] = {};
    int count_ = 0;
    std::uint32_t hertz_ = 0;  // 0: the timer does not run yet
};

int PortPwm::channel_of(int pin) const {
    int channel = 0;
    while (channel < count_ && pins_[channel] != pin) ++channel;
    return channel;
}

Status PortPwm::start_timer(std::uint32_t hertz) {
    if (hertz < hertz_min || hertz > hertz_max || (hertz_ != 0 && hertz != hertz_)) return fail(errors::out_of_range);
    if (hertz_ != 0) return {};
    ledc_timer_config_t timer{};
    timer.speed_mode = LEDC_LOW_SPEED_MODE;
    timer.duty_resolution = LEDC_TIMER_10_BIT;
    timer.timer_num = LEDC_TIMER_0;
    timer.freq_hz = hertz;
    timer.clk_cfg = LEDC_AUTO_CLK;
    if (const esp_err_t code = ledc_timer_config(&timer); code != ESP_OK) return fail(errors::pin_failed, code);
    hertz_ = hertz;
    return {};
}

Status PortPwm::open(int pin, std::uint32_t hertz) {
    if (pin < 0 || pin >= GPIO_NUM_MAX || !GPIO_IS_VALID_OUTPUT_GPIO(pin)) return fail(errors::pin_invalid, pin);
    const int channel = channel_of(pin);
    if (channel == pwm_pins_max) return fail(errors::full);
    if (auto started = start_timer(hertz); !started) return started;
    ledc_channel_config_t config{};
    config.gpio_num = pin;
    config.speed_mode = LEDC_LOW_SPEED_MODE;
    config.channel = static_cast<ledc_channel_t>(channel);
    config.timer_sel = LEDC_TIMER_0;
    if (const esp_err_t code = ledc_channel_config(&config); code != ESP_OK) return fail(errors::pin_failed, code);
    pins_[channel] = pin;
    if (channel == count_) ++count_;
    return {};
}

Status PortPwm::set(int pin, float share) {
    const int channel = channel_of(pin);
    if (channel == count_) return fail(errors::pin_invalid, pin);
    if (!(share >= 0 && share <= 1)) return fail(errors::out_of_range);
    const auto number = static_cast<ledc_channel_t>(channel);
    const auto duty = static_cast<std::uint32_t>(share * full_scale + 0.5F);
    esp_err_t code = ledc_set_duty(LEDC_LOW_SPEED_MODE, number, duty);
    if (code == ESP_OK) code = ledc_update_duty(LEDC_LOW_SPEED_MODE, number);
    if (code != ESP_OK) return fail(errors::pin_failed, code);
    return {};
}

constinit PortPwm port_pwm;

}  // namespace

Pwm& pwm() { return port_pwm; }

}  // namespace esb::chip
