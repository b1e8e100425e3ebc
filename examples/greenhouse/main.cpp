// A greenhouse with its hardware: an SHT4x by I2C, a fan by pulse width, a lamp at a pin. The same file runs on a board and on a
// laptop, where tests/test_greenhouse.py plays the sensor and looks at the pins.
//
// The lesson: nothing here waits. A measurement is begun in one turn and read in the next; a sensor that does not answer is
// noted once in the flight recorder, and the fan then runs, for too cool is better than too hot.
#include <esb/chip/pins/gpio.hpp>
#include <esb/chip/pins/pwm.hpp>
#include <esb/esb.hpp>

#include "sht4x.hpp"

#include <cmath>

#if __has_include(<sdkconfig.h>)
#include <sdkconfig.h>
#endif

ESB_APP("greenhouse", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {

struct Wiring {
    int sda, scl, fan, lamp;
};
#if CONFIG_IDF_TARGET_ESP32
constexpr Wiring wiring{.sda = 21, .scl = 22, .fan = 25, .lamp = 26};
#else
constexpr Wiring wiring{.sda = 4, .scl = 5, .fan = 6, .lamp = 7};  // ESP32-C3, and the virtual chip
#endif
constexpr std::uint32_t bus_hertz = 100'000;
constexpr std::uint32_t fan_hertz = 25'000;  // above what can be heard
constexpr float fan_begins = 25;             // degrees; 10 above it runs at full speed
constexpr LogEvent events[] = {{"greenhouse.sensor", "the air sensor does not answer"},
                               {"greenhouse.pins", "a pin or the bus cannot be used"}};

Sht4x sensor{i2c()};
bool begun = false;
bool answers = true;
float temperature = -100;  // nothing was read yet
float humidity = -100;

// Publishes tenths, when they have changed.
void take(Device& device, std::string_view topic, float reading, float& last) {
    const float tenths = std::round(reading * 10) / 10;
    if (tenths == last) return;
    last = tenths;
    device.publish(topic, tenths, {.qos = mqtt::Qos::at_most_once, .retain = true});
}

void read(Device& device) {
    const auto reading = sensor.read();
    if (!reading) {
        if (answers) device.log(events[0]);
        answers = false;
        (void)pwm().set(wiring.fan, 1);
        return;
    }
    answers = true;
    take(device, "temperature", reading->temperature, temperature);
    take(device, "humidity", reading->humidity, humidity);
    const float wanted = (reading->temperature - fan_begins) / 10;
    (void)pwm().set(wiring.fan, wanted < 0 ? 0 : wanted > 1 ? 1 : wanted);
}

void switch_lamp(Device& device, bool on) {
    (void)gpio().set(wiring.lamp, on);
    device.publish("lamp/state", on ? "on" : "off", {.retain = true});
}

}  // namespace

void esb_main(Device& device) {
    device.log_events(events);
    if (!gpio().output(wiring.lamp, false) || !pwm().open(wiring.fan, fan_hertz) ||
        !i2c().open(wiring.sda, wiring.scl, bus_hertz)) {
        device.log(events[1]);
    }
    device.every(1s, [&device] {
        if (begun) read(device);
        begun = sensor.begin().has_value();
        if (!begun) read(device);  // says what is wrong
    });
    device.subscribe("lamp", [&device](const Message& message) { switch_lamp(device, message.text() == "on"); });
    device.add_command(
        {"lamp", "<on|off>", "switch the lamp", [&device](console::Arguments words, console::Report& report) {
             switch_lamp(device, words[0] == "on");
             report.say("lamp is ").fact("lamp", words[0] == "on" ? "on" : "off");
             return Status();
         }});
    device.debug("temperature", temperature);
    device.debug("humidity", humidity);
}
