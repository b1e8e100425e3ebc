// For the page that shows a chip's pins: a lamp that follows a switch, a fan that follows a knob.
#include <esb/chip/pins/adc.hpp>
#include <esb/chip/pins/gpio.hpp>
#include <esb/chip/pins/pwm.hpp>
#include <esb/esb.hpp>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {

constexpr int switch_pin = 4;
constexpr int fan_pin = 6;
constexpr int lamp_pin = 7;
constexpr int knob = 0;
bool lamp = false;
float share = 0;

void follow() {
    const bool level = gpio().read(switch_pin).value_or(false);
    if (level != lamp) (void)gpio().set(lamp_pin, level);
    lamp = level;
    const float turned = adc().read(knob).value_or(0);
    if (turned != share) (void)pwm().set(fan_pin, turned);
    share = turned;
}

}  // namespace

void esb_main(Device& device) {
    (void)gpio().input(switch_pin, chip::Pull::down);
    (void)gpio().output(lamp_pin, false);
    (void)pwm().open(fan_pin, 25'000);
    device.every(100ms, follow);
}
