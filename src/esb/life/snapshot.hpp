// How the device is at one moment: read once, then written for MQTT (<base>/status), the console (`status`) and the set-up
// page (/api/state).
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/network.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::life {

// Views hold until the next turn.
struct Snapshot {
    // The firmware, and what it runs on; these do not change while it runs.
    std::string_view identity;  // also the name of the access point
    std::string_view app;
    std::string_view version;
    std::string_view hardware;
    std::uint32_t seq = 0;
    std::string_view slot;                          // "a", "b"
    std::string_view reset;                         // why it started
    std::span<const std::string_view> protections;  // of the chip: "secure-boot", ...
    bool settings_encrypted = false;                // as "nvs-encryption" among the protections
    bool safe_mode = false;

    // Updates.
    std::uint32_t floor = 0;
    bool image_on_trial = false;
    std::uint32_t crash_left = 0;  // bytes of what the last crash left
    bool trust_lost = false;  // updates and commands are refused until somebody repairs it

#if ESB_DATA_PARTITIONS
    struct Data {
        FixedString<14> name;
        FixedString<16> hash;  // the first digits of its SHA-256
    };
    FixedVector<Data, 2> data;  // that the firmware came with
#endif

    // The network.
    std::string_view link;      // "wire" or "wifi", which serves or is sought; empty on a board without a socket
    std::string_view wire;      // name of the wire's state: "no cable"; likewise
    bool wired = false;         // the wire serves
    std::string_view wifi;      // name of the link's state: "joining", "up"
    std::string_view ssid;      // of the network that is joined or tried; any bytes; empty while the wire serves
    std::int8_t rssi = 0;       // dBm; 0 while not joined
    chip::IpAddress address{};  // of the link that serves; none without one
    std::uint32_t scans = 0;    // that have ended since the start
    Duration portal_left{};     // until the access point closes by itself

    // The broker.
    bool online = false;                // the MQTT round trip has succeeded in this connection
    bool mqtt5 = false;                 // the connection speaks MQTT 5.0
    bool commissioned = false;          // it has been on line
    bool key_was_used = false;          // the key of the account has been on line: it is not shown any more
    const ErrorKind* hint = nullptr;    // no end of anything, but should be seen
    std::string_view hint_topic;        // which topic it is about; empty: none
    std::string_view config_waits_for;  // stage of the change of settings that is on trial; empty without one

    // The chip.
    std::size_t heap = 0;           // bytes free
    std::size_t heap_min = 0;       // the lowest since the start
    std::size_t stack_reserve = 0;  // bytes of the task's stack that were never used
    Duration up{};                  // since the start
};

}  // namespace esb::life
