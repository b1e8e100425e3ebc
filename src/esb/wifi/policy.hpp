// How patient and how useful without Wi-Fi a device is: every choice and every time of the supervisor.
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"

#include <cstdint>

namespace esb::wifi {

// An author may change it at any time; what is already timed keeps its time.
struct Policy {
    enum class Mode : std::uint8_t {  // how much the device needs a network
        background,                   // works without Wi-Fi: never restarts for it
        required,  // useless without: when the portal's time is over and there is no link, it wants a restart
    };
    Mode mode = Mode::background;  // how much the device needs a network

    // --- The portal ---
    bool portal_available = false;          // somebody serves the pages; without them no access point is opened
    bool portal_when_commissioned = false;  // opens by itself also after the device has been on line
    Duration connect_timeout = std::chrono::seconds(30);      // without a link, before the portal opens by itself
    Duration portal_time = std::chrono::minutes(10);          // one opening, at most
    Duration portal_grace = std::chrono::seconds(60);         // from the link to closing, for a page to show the result
    Duration portal_pause = std::chrono::minutes(5);          // closed, before it opens by itself again
    Duration portal_retry = std::chrono::seconds(30);         // the same after the radio refused
    Duration access_point_timeout = std::chrono::seconds(5);  // for the radio to confirm a start or a stop

    // --- The station ---
    // modem_sleep saves current between beacons and adds up to the access point's DTIM period to what comes in
    // (docs/power.md).
    chip::PowerSave power_save = chip::PowerSave::none;
    Duration scan_timeout = std::chrono::seconds(10);
    Duration join_timeout = std::chrono::seconds(20);       // until associated
    Duration address_timeout = std::chrono::seconds(20);    // from associated to an address
    Duration kept_join_timeout = std::chrono::seconds(5);   // a join by what was known before a deep sleep
    Duration kept_address_trial = std::chrono::seconds(5);  // until an address from before it has led to the broker
    Duration settle_time = std::chrono::seconds(30);        // a link that ends earlier was a failed try
    Duration phone_pause = std::chrono::minutes(5);         // tries rest at most so long while a phone is associated
    Duration refused_pause = std::chrono::seconds(30);     // a network that refused its password; doubles each time ...
    Duration refused_pause_max = std::chrono::minutes(5);  // ... up to here
    Duration wire_settle_time = std::chrono::seconds(10);   // of a cable that comes while the radio has a link
    // Another access point of the same network is looked for while this one is weak, and taken when it is much stronger.
    bool roaming = true;
    std::int8_t roam_below = -72;                             // dBm
    std::int8_t roam_gain = 12;                               // dB more than the present one
    Duration roam_check = std::chrono::minutes(1);            // between two looks at the signal, and at first
    Duration roam_pause = std::chrono::minutes(5);            // after a scan for it, and between two moves
    Duration broker_patience = std::chrono::minutes(10);      // without the broker, before another is looked for; ...
    Duration broker_patience_max = std::chrono::minutes(30);  // ... doubles up to here
};

}  // namespace esb::wifi
