// Stands in front of a firmware's esb_main: no set-up access point. The emulated radio hears no networks any more once
// its own access point has been on.
#include <esb/device/policy.hpp>
#include <esb/esb.hpp>

void author_main(esb::Device& device);

void esb_main(esb::Device& device) {
    device.policy().wifi.portal_available = false;
    author_main(device);
}
