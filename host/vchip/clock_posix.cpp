#include "host/vchip/clock_posix.hpp"

#include <chrono>

#include <time.h>

namespace esb::vchip {

SystemClock::SystemClock(WallOffset* offset) : offset_(offset != nullptr ? *offset : own_), start_ms_(chip_ms()) {}

std::int64_t SystemClock::host_ms() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

std::int64_t SystemClock::chip_ms() const {
    const auto ahead = offset_.ahead.load();
    return host_ms() + (ahead == WallOffset::unset ? 0 : ahead);
}

void SystemClock::set_ahead(Duration ahead) {
    if (offset_.ahead.exchange(ahead.count()) == WallOffset::unset) start_ms_ += ahead.count();
}

Instant SystemClock::now() const { return Instant(Duration(chip_ms() - start_ms_)); }

std::optional<UnixTime> SystemClock::wall() const {
    const auto offset = offset_.ms.load();
    if (offset == WallOffset::unset) return std::nullopt;
    return std::chrono::duration_cast<UnixTime>(Duration(chip_ms() + offset));
}

void SystemClock::set_wall(UnixTime time) { offset_.ms.store(Duration(time).count() - chip_ms()); }

}  // namespace esb::vchip
