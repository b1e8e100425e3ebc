// The time of day, with the firmware's build as its floor.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/clock.hpp"
#include "esb/record/errors.hpp"

#include <cstdint>
#include <optional>

namespace esb::record {

// When the sources of this firmware were committed (ESB_BUILD_TIME, see cmake/EsbBuildTime.cmake): the same for
// everybody who builds them, unlike __DATE__.
UnixTime build_time();

// No timer looks at this clock; only what compares dates does.
class WallClock {
public:
    explicit WallClock(chip::Clock& clock, UnixTime floor = build_time()) : clock_(clock), floor_(floor) {}

    // At boot: a time that the chip has kept, but that cannot be, is raised to the floor. True if it was.
    bool raise() {
        const auto kept = clock_.wall();
        if (!kept || *kept >= floor_) return false;
        clock_.set_wall(floor_);
        return true;
    }
    // Sets the clock; gives by how much it jumped, or empty when it was not set before. clock.before_build; the clock
    // is then unchanged.
    Result<std::optional<UnixTime>> set(UnixTime now) {
        if (now < floor_) return fail(errors::clock_before_build);
        const auto before = clock_.wall();
        if (!before || *before != now) clock_.set_wall(now);
        if (!before) return std::optional<UnixTime>();
        return std::optional<UnixTime>(now - *before);
    }
    UnixTime floor() const { return floor_; }

private:
    chip::Clock& clock_;
    UnixTime floor_;
};

}  // namespace esb::record
