// The chip's two clocks.
#pragma once

#include "esb/base/time.hpp"

#include <optional>

namespace esb::chip {

// Callable from any task.
class Clock {
public:
    virtual ~Clock() = default;

    // Milliseconds since the chip started; never goes back, is not disturbed by set_wall().
    virtual Instant now() const = 0;
    // Seconds since 1970 (UTC); empty until somebody has set it since power-on.
    virtual std::optional<UnixTime> wall() const = 0;
    virtual void set_wall(UnixTime time) = 0;
};

}  // namespace esb::chip
