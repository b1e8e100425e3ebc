// The chip itself: who it is, how it restarted, how it is doing.
#pragma once

#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/core_dump.hpp"
#include "esb/chip/data_partitions.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::chip {

enum class ResetReason : std::uint8_t {  // why this start
    unknown,
    power_on,
    external,
    software,
    panic,
    task_watchdog,
    interrupt_watchdog,
    other_watchdog,
    deep_sleep,
    brownout,
};
// "power-on", "panic", ... as <base>/status reports them.
constexpr std::string_view name(ResetReason reason) {
    constexpr std::string_view names[] = {"unknown",       "power-on",     "external", "software",   "panic",
                                          "task-watchdog", "int-watchdog", "watchdog", "deep-sleep", "brownout"};
    return names[static_cast<std::size_t>(reason)];
}

struct Heap {                   // in bytes
    std::size_t free;           // bytes now
    std::size_t minimum_free;   // bytes, the lowest since the start
    std::size_t largest_block;  // bytes, the longest single allocation possible now
};

// Callable from any task unless said otherwise.
class System {
public:
    virtual ~System() = default;

    virtual std::array<std::uint8_t, 6> station_mac() const = 0;  // burnt in; the identity is made of it
    // What a manifest's "hw" must equal: "esp32", "esp32c3", "vchip".
    virtual std::string_view hardware() const = 0;
    virtual ResetReason reset_reason() const = 0;
    virtual Heap heap() const = 0;
    // Smallest number of bytes the calling task's stack has ever had left.
    virtual std::size_t stack_reserve() const = 0;
    // What the silicon protects: a list such as {"secure-boot", "flash-encryption"}.
    virtual std::span<const std::string_view> protections() const = 0;

    // Restarts the chip. Does not return on hardware; on a simulated chip it returns, and the caller (only
    // Device::run) returns too.
    virtual void restart() = 0;
    // Null where crashes leave nothing. Reactor's task only.
    virtual CoreDump* core_dump() { return nullptr; }
    // Null where the firmware knows none. Reactor's task only.
    virtual DataPartitions* data_partitions() { return nullptr; }
    // Switches the chip off but for RetainedRam and the wall clock; after `time` it boots with ResetReason::deep_sleep. Not on
    // hardware of firmware without that feature (base/features.hpp), which restarts. Returns as restart() does.
    virtual void deep_sleep(Duration time) = 0;
    // Starts the task watchdog for the calling task: without feed_watchdog() for `timeout` the chip restarts
    // with ResetReason::task_watchdog. Called again it changes the timeout.
    virtual Status start_watchdog(Duration timeout) = 0;
    virtual void feed_watchdog() = 0;
};

}  // namespace esb::chip
