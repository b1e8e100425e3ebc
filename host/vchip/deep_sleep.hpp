// A virtual chip's deep sleep: the power is off, the clock goes on.
#pragma once

#include "esb/base/time.hpp"
#include "host/vchip/clock_posix.hpp"

#include <string>

namespace esb::vchip {

// Returns when the chip's clock has gone on by `time`. A jump of that clock counts: "ahead" of the board file, which is looked
// at meanwhile (board_file.hpp; empty: there is none).
void sleep_out(WallOffset& clock, Duration time, const std::string& board_file);

}  // namespace esb::vchip
