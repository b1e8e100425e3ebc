// A release that switches its own radio off: it runs, its console answers, but it never gets on line.
#include <esb/esb.hpp>
#include <esb/ota/policy.hpp>

#include <esp_wifi.h>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

void esb_main(Device& device) {
    device.update_policy().trial_timeout = 10s;
    device.update_policy().retry_first = 10min;
    device.every(10ms, [] { esp_wifi_stop(); });
}
