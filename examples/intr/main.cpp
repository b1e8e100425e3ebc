// A water meter: an interrupt counts the pulses of a reed contact, also while an update is being written to flash.
//
// The lesson: while the chip writes or erases flash its cache is off, and code that lies in flash cannot run. An interrupt
// handler that has to run then must lie in RAM (IRAM_ATTR), and so must all that it calls and all that it reads: no
// Device, no log, no std::atomic (whose functions may lie in flash), no constant table. It counts and returns; the rest
// happens in the base's task.
#include <esb/esb.hpp>

#include "pulses.hpp"

ESB_APP("intr", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

namespace {
constexpr LogEvent events[] = {{"meter.pin", "no interrupt for the meter's pin"}};
std::uint32_t published = 0;
}  // namespace

void esb_main(Device& device) {
    device.log_events(events);
    if (!start_counting()) device.log(events[0]);
    device.debug("pulses", pulses);
    device.every(2s, [&device] {
        const std::uint32_t now = pulses;  // one aligned word: read whole
        if (now == published) return;
        published = now;
        device.publish("litres", now);
    });
}
