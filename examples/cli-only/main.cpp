// A test bench at a serial cable: commands, a setting and variables, and no network unless somebody names one at the
// console. The set-up access point never opens.
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>
#include <esb/settings/store.hpp>

ESB_APP("cli-only", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {

constexpr settings::Setting table[] = {
    {.name = "relay.cycles", .type = settings::Type::integer, .low = 1, .high = 1000, .fallback = "10",
     .help = "cycles of one run"},
};

bool relay = false;  // your output pin
std::int64_t cycles_left = 0;
std::uint32_t cycles_done = 0;

Status run(Device& device, console::Report& report) {
    if (cycles_left > 0) return fail(errors::busy);
    cycles_left = device.settings().integer("relay.cycles");
    report.say("running ").fact("cycles", cycles_left).say(" cycles");
    return {};
}

void work() {
    if (cycles_left == 0) return;
    relay = !relay;
    if (relay) return;
    --cycles_left;
    ++cycles_done;
}

}  // namespace

void esb_main(Device& device) {
    device.policy().wifi.portal_available = false;
    device.add_settings(table);
    device.add_command({"run", "", "cycle the relay",
                        [&device](console::Arguments, console::Report& report) { return run(device, report); }});
    device.add_command({"stop", "", "end the run", [](console::Arguments, console::Report& report) {
                            cycles_left = 0;
                            report.say("stopped after ").fact("done", cycles_done).say(" cycles");
                            return Status();
                        }});
    device.debug("cycles", cycles_done);
    device.debug("relay", relay);
    device.every(50ms, work);
}
