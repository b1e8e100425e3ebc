#include "host/vchip/clock_posix.hpp"

#include <chrono>

#include <time.h>

namespace esb::vchip {

SystemClock::SystemClock(WallOffset* offset) : start_ms_(host_ms()), offset_(offset != nullptr ? *offset : own_) {}

std::int64_t SystemClock::host_ms() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

Instant SystemClock::now() const { return Instant(Duration(host_ms() - start_ms_)); }

std::optional<UnixTime> SystemClock::wall() const {
    const auto offset = offset_.ms.load();
    if (offset == WallOffset::unset) return std::nullopt;
    return std::chrono::duration_cast<UnixTime>(Duration(host_ms() + offset));
}

void SystemClock::set_wall(UnixTime time) { offset_.ms.store(Duration(time).count() - host_ms()); }

}  // namespace esb::vchip
