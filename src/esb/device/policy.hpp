// Times of a device. An author may change them in esb_main.
#pragma once

#include "esb/base/time.hpp"
#include "esb/wifi/policy.hpp"

namespace esb {

struct Policy {
    Duration ping_period = std::chrono::seconds(60);
    Duration echo_timeout = std::chrono::seconds(30);  // a ping's way to the broker and back
    Duration status_period = std::chrono::minutes(5);
    Duration watchdog = std::chrono::seconds(30);
    Duration restart_grace = std::chrono::seconds(2);  // to hand over what is still to be sent
    wifi::Policy wifi;
};

}  // namespace esb
