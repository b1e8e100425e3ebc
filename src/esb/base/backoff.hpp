// Exponential back-off with full jitter: the wait is uniform in [minimum, ceiling], the ceiling doubles.
#pragma once

#include "esb/base/time.hpp"

#include <cstdint>

namespace esb {

// Pure: the caller gives the random number, so a test can choose it. Not thread-safe.
class Backoff {
public:
    constexpr Backoff() = default;
    constexpr Backoff(Duration minimum, Duration maximum) : minimum_(minimum), maximum_(maximum) {}

    // How long to wait before the next try. `random` should be uniform over all 32-bit values.
    Duration next(std::uint32_t random);
    constexpr void reset() { failures_ = 0; }
    // Failures since the last reset.
    constexpr unsigned failures() const { return failures_; }

private:
    Duration minimum_ = std::chrono::seconds(1);
    Duration maximum_ = std::chrono::minutes(2);
    unsigned failures_ = 0;
};

}  // namespace esb
