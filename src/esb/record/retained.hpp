// The one layout of the retained RAM (chip/retained_ram.hpp), for all its users. Offsets in bytes:
//
//     0   32  the run: which image runs, how long, how often it has crashed (record/crash_guard.hpp)
//    32   32  the flight recorder's header                                  (record/recorder.hpp)
//    64  960  its 30 entries
//
// Every part checks itself: whatever power-on leaves there is not taken for data.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/chip/retained_ram.hpp"

#include <cstddef>

namespace esb::record::retained {

inline constexpr std::size_t run_at = 0;
inline constexpr std::size_t run_size = 32;
inline constexpr std::size_t log_header_at = run_at + run_size;
inline constexpr std::size_t log_header_size = 32;
inline constexpr std::size_t log_at = log_header_at + log_header_size;
inline constexpr std::size_t log_size = 960;
static_assert(log_at + log_size <= 1024, "a port gives 1024 bytes");

inline MutBytes run(chip::RetainedRam& ram) { return ram.bytes().subspan(run_at, run_size); }
inline MutBytes log_header(chip::RetainedRam& ram) { return ram.bytes().subspan(log_header_at, log_header_size); }
inline MutBytes log_entries(chip::RetainedRam& ram) { return ram.bytes().subspan(log_at, log_size); }

}  // namespace esb::record::retained
