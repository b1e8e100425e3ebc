// A release whose periodic work never returns.
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>

#include <unistd.h>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

void esb_main(Device& device) {
    device.policy().watchdog = 1s;
    device.every(1ms, [] {
        for (;;) pause();
    });
}
