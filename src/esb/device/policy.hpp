// Times of a device. An author may change them in esb_main.
#pragma once

#include "esb/base/time.hpp"
#include "esb/wifi/policy.hpp"

namespace esb {

struct Policy {                                              // times of the device, see Device::policy()
    Duration ping_period = std::chrono::seconds(60);         // between two round trips
    Duration echo_timeout = std::chrono::seconds(30);        // a ping's way to the broker and back
    Duration status_period = std::chrono::minutes(5);        // between two `status`
    Duration watchdog = std::chrono::seconds(30);            // a turn that takes longer restarts the chip
    Duration restart_grace = std::chrono::seconds(2);        // to hand over what is still to be sent
    // A product's console closes when the device has been on line for the first time: from the next start on it asks for
    // the access point's password, which is on the label, unless another one was set (docs/console.md). True: it stays open.
    bool console_stays_open = false;
    Duration sleep_console = std::chrono::seconds(30);       // awake so long after power-on, and after what is typed
    Duration sleep_listen = std::chrono::milliseconds(100);  // after the broker's last word; or two round trips
    wifi::Policy wifi;                                       // when networks are tried, and the set-up page opens
};

}  // namespace esb
