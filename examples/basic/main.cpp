// A greenhouse node on one screen: a sensor that reports and a lamp that obeys. Everything else is the base's.
#include <esb/esb.hpp>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {
bool lamp = false;
int reading = 215;  // tenths of a degree; your sensor goes here
}  // namespace

void esb_main(Device& device) {
    device.every(10s, [&device] { device.publish("temperature", reading / 10.0, {.qos = mqtt::Qos::at_most_once}); });
    device.subscribe("lamp", [&device](const Message& message) {
        lamp = message.text() == "on";
        device.publish("lamp/state", lamp ? "on" : "off", {.retain = true});
    });
    device.add_command({"lamp", "<on|off>", "switch the lamp", [](console::Arguments args, console::Report& report) {
                            lamp = args[0] == "on";
                            report.say("lamp is ").fact("lamp", lamp ? "on" : "off");
                            return Status();
                        }});
    device.debug("reading", reading);
}
