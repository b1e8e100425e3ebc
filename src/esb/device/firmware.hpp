// The way from a filled Chip to a running device. Ports call this, nothing else.
#pragma once

#include "esb/chip/chip.hpp"
#include "esb/device/limits.hpp"

namespace esb {

// Makes the Device of this image (esb_app_desc), starts it, runs the author's esb_main and then the reactor, until a
// restart is due; then calls System::restart(). Returns only on a simulated chip. Exit code for a process: 0.
void run_firmware(chip::Chip& chip);
// With other sizes than the usual.
void run_firmware(chip::Chip& chip, const Limits& limits);

}  // namespace esb
