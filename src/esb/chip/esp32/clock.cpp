#include "esb/chip/esp32/clock.hpp"

#include <esp_timer.h>
#include <sys/time.h>

namespace esb::chip::esp32 {
namespace {

// After power-on newlib's clock starts at 1970: an earlier time than this one has been set by nobody.
constexpr UnixTime earliest_set{1'577'836'800};  // 2020-01-01

}  // namespace

Instant Clock::now() const { return Instant(Duration(esp_timer_get_time() / 1000)); }

std::optional<UnixTime> Clock::wall() const {
    timeval at{};
    if (gettimeofday(&at, nullptr) != 0) return std::nullopt;
    const UnixTime time(at.tv_sec);
    if (time < earliest_set) return std::nullopt;
    return time;
}

void Clock::set_wall(UnixTime time) {
    timeval at{};
    at.tv_sec = static_cast<time_t>(time.count());
    settimeofday(&at, nullptr);
}

}  // namespace esb::chip::esp32
