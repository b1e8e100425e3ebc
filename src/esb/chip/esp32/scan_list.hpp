// What a scan has found, out of the driver's memory.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/radio.hpp"

namespace esb::chip::esp32 {

using ScanList = FixedVector<ScanEntry, 20>;

// Replaces `out` with the networks of the scan that has just ended, strongest first, and lets the driver free its
// list. Empty if memory was too short to fetch them. Takes 2 KB of heap while it runs.
void take_scan_results(ScanList& out);

}  // namespace esb::chip::esp32
