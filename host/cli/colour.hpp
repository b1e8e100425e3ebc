// Whether there may be colours.
#pragma once

namespace esb::cli {

// This descriptor is a terminal on which things can be drawn in place: not a dumb one.
bool is_terminal(int output);
// It is one, it shows colours, and nobody has said NO_COLOR (https://no-color.org: anything but empty).
bool shows_colour(int output);

}  // namespace esb::cli
