// A soil probe on batteries: it wakes, measures, publishes, and sleeps again once the broker has acknowledged that.
//
// The lesson: a wake is a start. esb_main() runs from its first line, variables begin anew; what lasts is flash, settings, the
// time of day, and what the base keeps to be on line sooner. Changes of settings and updates that were sent meanwhile wait at
// the broker; they come with the next wake, and the device sleeps again when it is done with them.
#include <esb/esb.hpp>
#include <esb/settings/store.hpp>

ESB_APP("sleeper", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {
constexpr settings::Setting table[] = {
    {.name = "probe.minutes", .type = settings::Type::integer, .low = 1, .high = 1440, .fallback = "15",
     .label = "Pause", .unit = "min", .help = "from one reading to the next"},
};

int read_moisture() { return 42; }  // percent; your sensor goes here
}  // namespace

void esb_main(Device& device) {
    device.add_settings(table, "Probe");
    device.publish("moisture", read_moisture());
    // Called in the first turn, and when the pause has been changed.
    device.on_settings(
        [&device] { device.sleep_for(std::chrono::minutes(device.settings().integer("probe.minutes"))); });
}
