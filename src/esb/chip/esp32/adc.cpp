// chip::adc() on ESP-IDF's one-shot driver.
#include "esb/chip/pins/adc.hpp"

#include <esp_adc/adc_oneshot.h>
#include <soc/soc_caps.h>

#include <cstdint>

namespace esb::chip {
namespace {

constexpr auto attenuation = static_cast<adc_atten_t>(3);  // 12 dB; its name has changed within ESP-IDF 5.1
constexpr float full_scale = static_cast<float>((1U << SOC_ADC_RTC_MAX_BITWIDTH) - 1U);

class PortAdc final : public Adc {
public:
    Result<float> read(int channel) override;

private:
    Status prepare(adc_channel_t channel);

    adc_oneshot_unit_handle_t unit_ = nullptr;
    std::uint32_t prepared_ = 0;  // one bit for each channel
};

Status PortAdc::prepare(adc_channel_t channel) {
    if (unit_ == nullptr) {
        adc_oneshot_unit_init_cfg_t unit{};
        unit.unit_id = ADC_UNIT_1;
        if (const esp_err_t code = adc_oneshot_new_unit(&unit, &unit_); code != ESP_OK)
            return fail(errors::pin_failed, code);
    }
    const std::uint32_t bit = 1U << static_cast<unsigned>(channel);
    if ((prepared_ & bit) != 0) return {};
    adc_oneshot_chan_cfg_t config{};
    config.atten = attenuation;
    config.bitwidth = ADC_BITWIDTH_DEFAULT;  // the widest
    const esp_err_t code = adc_oneshot_config_channel(unit_, channel, &config);
    if (code != ESP_OK) return fail(errors::pin_failed, code);
    prepared_ |= bit;
    return {};
}

Result<float> PortAdc::read(int channel) {
    if (channel < 0 || channel >= SOC_ADC_CHANNEL_NUM(0)) return fail(errors::pin_invalid, channel);
    const auto number = static_cast<adc_channel_t>(channel);
    if (auto ready = prepare(number); !ready) return fail(ready.error());
    int raw = 0;
    const esp_err_t code = adc_oneshot_read(unit_, number, &raw);
    if (code != ESP_OK) return fail(errors::pin_failed, code);
    return static_cast<float>(raw) / full_scale;
}

constinit PortAdc port_adc;

}  // namespace

Adc& adc() { return port_adc; }

}  // namespace esb::chip
