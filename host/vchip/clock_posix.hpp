// The host's monotonic clock as the chip's clock.
#pragma once

#include "esb/chip/clock.hpp"

#include <atomic>
#include <cstdint>
#include <limits>

namespace esb::vchip {

// Survives restarts of the chip but not a power cycle, as the ESP32's RTC timer does.
struct WallOffset {
    static constexpr std::int64_t unset = std::numeric_limits<std::int64_t>::min();
    std::atomic<std::int64_t> ms{unset};     // UTC minus the chip's clock
    std::atomic<std::int64_t> ahead{unset};  // ms, of the chip's clock before CLOCK_MONOTONIC; a test may let it jump
};

// CLOCK_MONOTONIC since construction. The host's wall clock is deliberately not passed on: wall() is empty until
// set_wall(), so that firmware sees what it sees on a chip. Callable from any thread.
class SystemClock final : public chip::Clock {
public:
    // `offset` may live in memory shared between two boots; nullptr = the clock's own.
    explicit SystemClock(WallOffset* offset = nullptr);

    Instant now() const override;
    std::optional<UnixTime> wall() const override;
    void set_wall(UnixTime time) override;
    // From now on both clocks are so far ahead of the host's: what a boot or a power cycle begins with is no jump,
    // each later change is one.
    void set_ahead(Duration ahead);

    // CLOCK_MONOTONIC in milliseconds: the same number in every process of the host.
    static std::int64_t host_ms();

private:
    std::int64_t chip_ms() const;

    WallOffset own_;
    WallOffset& offset_;
    std::atomic<std::int64_t> start_ms_;
};

}  // namespace esb::vchip
