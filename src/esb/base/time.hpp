// Time as the library sees it: a monotonic instant in milliseconds, handed in by whoever owns the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace esb {

struct MonotonicClock;  // names the epoch (start of the chip); it cannot be asked for the time

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::time_point<MonotonicClock, Duration>;  // of the chip's clock, which never goes back
// Seconds since 1970-01-01 UTC (RFC 7519 NumericDate).
using UnixTime = std::chrono::seconds;

using namespace std::chrono_literals;

// Chosen over std::chrono's, which take references and compare three ways: many times the code of the comparison.
constexpr bool operator<(Instant a, Instant b) { return a.time_since_epoch().count() < b.time_since_epoch().count(); }
constexpr bool operator>(Instant a, Instant b) { return b < a; }
constexpr bool operator<=(Instant a, Instant b) { return !(b < a); }
constexpr bool operator>=(Instant a, Instant b) { return !(a < b); }

// For times that an author chooses: one that is longer than there is time ("never") does not come round to the past.
Instant after(Instant at, Duration by);

// The earlier of two optional deadlines.
inline std::optional<Instant> earliest(std::optional<Instant> a, std::optional<Instant> b) {
    if (!a) return b;
    if (!b) return a;
    return *b < *a ? b : a;
}
inline std::uint64_t milliseconds(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace esb
