// Every size and time of the way to the broker that is decided once.
#pragma once

#include "esb/mqtt/types.hpp"
#include "esb/net/stream.hpp"

#include <bit>
#include <cstddef>

namespace esb::link {

// Memory, taken once when the Device is made. The ranges are those of Kconfig; is_valid() is the rule that checks them.
struct Limits {
    mqtt::Limits mqtt;                   // of single packets
    std::size_t mqtt_memory = 8 * 1024;  // bytes, 4096 to 131072: the engine's buffers and its outbox
    std::size_t max_message = 4096;      // bytes, 1024 to 65536: incoming messages up to here are delivered whole
    std::size_t queue_slots = 8;         // publishes that wait for the reactor: 1 to 256, a power of two
    std::size_t max_publish = 512;       // bytes, 64 to 16384: of one publish's payload
    net::StreamLimits stream;            // how long reaching the broker may take

    constexpr bool is_valid() const {  // the sizes fit each other
        const auto within = [](std::size_t value, std::size_t low, std::size_t high) {
            return value >= low && value <= high;
        };
        return within(mqtt_memory, 4096, 131072) && within(max_message, 1024, 65536) && within(queue_slots, 1, 256) &&
               std::has_single_bit(queue_slots) && within(max_publish, 64, 16384) &&
               mqtt.max_kept <= 32;
    }
};
static_assert(Limits().is_valid());

}  // namespace esb::link
