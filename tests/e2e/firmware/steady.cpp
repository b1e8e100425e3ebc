// What the tests update from and to: runs, and loses no time when it tries again.
#include <esb/esb.hpp>
#include <esb/ota/policy.hpp>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

void esb_main(esb::Device& device) {
    device.update_policy().retry_first = esb::Duration(FIRMWARE_RETRY_MS);
    device.update_policy().retry_longest = esb::Duration(2 * FIRMWARE_RETRY_MS);
}
