// A thermostat that must heat with or without Wi-Fi: its loop never waits for the network, and what a person can do by MQTT
// can be done at the console too. The target is a setting, so it outlives restarts.
#include <esb/esb.hpp>
#include <esb/settings/store.hpp>

ESB_APP("cli-wifi", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {

constexpr settings::Setting table[] = {
    {.name = "heat.target", .type = settings::Type::integer, .low = 5, .high = 30, .fallback = "19",
     .label = "Target temperature", .unit = "°C", .help = "degrees to keep"},
};
constexpr LogEvent events[] = {{"heat.sensor", "the sensor says what cannot be"}};

double temperature = 18.0;  // degrees; your sensor goes here
bool heating = false;       // your relay

Status set_target(Device& device, std::string_view degrees) {
    settings::Patch patch(device.schema(), settings::Origin::firmware);
    ESB_TRY(patch.set("heat.target", degrees));  // a number that is out of range changes nothing
    return device.change_settings(patch);
}

void control(Device& device) {
    temperature += heating ? 0.1 : -0.1;
    if (temperature < -40 || temperature > 85) return device.log(events[0], static_cast<std::int32_t>(temperature));
    const auto target = static_cast<double>(device.settings().integer("heat.target"));
    if (temperature < target - 0.5) heating = true;
    if (temperature > target + 0.5) heating = false;
}

}  // namespace

void esb_main(Device& device) {
    device.add_settings(table, "Heating");
    device.log_events(events);
    device.every(1s, [&device] { control(device); });
    device.every(10s, [&device] {
        device.publish("temperature", temperature, {.qos = mqtt::Qos::at_most_once});
        device.publish("heating", heating, {.qos = mqtt::Qos::at_most_once});
    });
    device.subscribe("target", [&device](const Message& message) {
        if (const auto set = set_target(device, message.text()); !set) device.publish("error", set.error().text());
    });
    device.add_command({"heat", "<degrees>", "the temperature to keep",
                        [&device](console::Arguments words, console::Report& report) -> Status {
                            ESB_TRY(set_target(device, words[0]));
                            report.say("ok");
                            return {};
                        }});
    device.debug("temperature", temperature);
    device.debug("heating", heating);
}
