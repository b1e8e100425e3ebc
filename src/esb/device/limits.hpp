// Every size and time of a device that is decided once.
#pragma once

#include "esb/base/time.hpp"
#include "esb/mqtt/types.hpp"
#include "esb/net/stream.hpp"
#include "esb/wifi/policy.hpp"

#include <cstddef>

namespace esb {

// Memory, taken once when the Device is made; afterwards the library itself allocates nothing.
struct Limits {
    mqtt::Limits mqtt;
    std::size_t mqtt_memory = 8 * 1024;  // bytes: the engine's buffers and its outbox
    std::size_t max_message = 4096;      // bytes: incoming messages up to here are delivered whole
    std::size_t queue_slots = 8;         // publishes that wait for the reactor
    std::size_t max_publish = 512;       // bytes of one publish's payload
    net::StreamLimits stream;            // how long reaching the broker may take
};

// Times. An author may change them in esb_main.
struct Policy {
    Duration ping_period = std::chrono::seconds(60);
    Duration echo_timeout = std::chrono::seconds(30);  // a ping's way to the broker and back
    Duration status_period = std::chrono::minutes(5);
    Duration watchdog = std::chrono::seconds(30);
    Duration restart_grace = std::chrono::seconds(2);  // to hand over what is still to be sent
    wifi::Policy wifi;
};

}  // namespace esb
