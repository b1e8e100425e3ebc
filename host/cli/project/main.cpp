// @name@: a sensor that reports, an own setting, an own command. Everything else is the base's.
#include <esb/esb.hpp>
#include <esb/settings/store.hpp>

ESB_APP("@name@", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {

// Kept over restarts and updates; at the console, by MQTT and on the set-up page.
constexpr settings::Setting table[] = {
    {.name = "sensor.period", .type = settings::Type::integer, .low = 1, .high = 3600, .fallback = "10",
     .label = "Period of readings", .unit = "s",
     .help = "seconds between two readings"},
};

double temperature = 21.0;  // degrees
std::int64_t seconds = 0;   // since the last reading
bool lamp = false;

// Your sensor goes here.
double read_sensor() { return temperature + (lamp ? 0.1 : -0.1); }

void tick(Device& device) {
    if (++seconds < device.settings().integer("sensor.period")) return;
    seconds = 0;
    temperature = read_sensor();
    device.publish("temperature", temperature, {.qos = mqtt::Qos::at_most_once});
}

}  // namespace

void esb_main(Device& device) {
    device.add_settings(table, "Sensor");
    device.every(1s, [&device] { tick(device); });
    device.subscribe("lamp", [&device](const Message& message) {
        lamp = message.text() == "on";
        device.publish("lamp/state", lamp ? "on" : "off", {.retain = true});
    });
    device.add_command({"lamp", "<on|off>", "switch the lamp", [](console::Arguments words, console::Report& report) {
                            lamp = words[0] == "on";
                            report.say("lamp is ").fact("lamp", lamp ? "on" : "off");
                            return Status();
                        }});
    device.debug("temperature", temperature);
}
