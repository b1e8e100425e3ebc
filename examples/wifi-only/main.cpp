// A sensor that is useless without Wi-Fi: it is set up by phone, and restarts when it cannot reach a network for as long as
// its set-up page may stay open, instead of hanging about unattended.
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>

ESB_APP("wifi-only", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {
std::uint32_t measured = 0;

int co2() { return 600 + static_cast<int>(measured++ % 50); }  // parts per million; your sensor goes here
}  // namespace

void esb_main(Device& device) {
    device.policy().wifi.mode = wifi::Policy::Mode::required;
    device.every(5s, [&device] {
        if (!device.online()) return;  // old readings are of no use
        device.publish("air", [](JsonWriter& json) {
            json.begin_object().key("co2").number(co2()).key("n").number(measured).end_object();
        });
    });
    // A broker that lost its data has lost what it retained: said again with every connection.
    device.on_online([&device](bool online) {
        if (online) device.publish("unit", "ppm", {.retain = true});
    });
}
