// Time as the library sees it: a monotonic instant in milliseconds, handed in by whoever owns the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace esb {

struct MonotonicClock;  // names the epoch (start of the chip); it cannot be asked for the time

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::time_point<MonotonicClock, Duration>;
// Seconds since 1970-01-01 UTC (RFC 7519 NumericDate).
using UnixTime = std::chrono::seconds;

using namespace std::chrono_literals;

// By value: std::chrono's >= and std::min take references to both, which is more code than the comparison itself.
constexpr bool reached(Instant deadline, Instant now) {
    return deadline.time_since_epoch().count() <= now.time_since_epoch().count();
}
constexpr Instant earlier(Instant a, Instant b) { return reached(a, b) ? a : b; }

// The earlier of two optional deadlines.
inline std::optional<Instant> earliest(std::optional<Instant> a, std::optional<Instant> b) {
    if (!a) return b;
    if (!b) return a;
    return earlier(*a, *b);
}
inline std::uint64_t milliseconds(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace esb
