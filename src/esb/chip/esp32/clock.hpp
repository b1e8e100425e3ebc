// chip::Clock on esp_timer and newlib's wall clock.
#pragma once

#include "esb/chip/clock.hpp"

namespace esb::chip::esp32 {

// The wall clock runs on the RTC timer, so it survives every restart but not the loss of power.
class Clock final : public chip::Clock {
public:
    Instant now() const override;
    std::optional<UnixTime> wall() const override;
    void set_wall(UnixTime time) override;
};

}  // namespace esb::chip::esp32
