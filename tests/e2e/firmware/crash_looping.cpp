// A release that gets on line, is confirmed, and crashes a second later, again and again.
#include <esb/esb.hpp>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

void esb_main(esb::Device& device) {
    static_cast<void>(device.every(std::chrono::seconds(3), [&device] {
        if (device.online()) __builtin_trap();
    }));
}
