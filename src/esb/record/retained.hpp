// The one layout of the retained RAM (chip/retained_ram.hpp), for all its users. Offsets in bytes:
//
//     0   32  the run: which image runs, how long, how often it has crashed (record/crash_guard.hpp)
//    32   32  the flight recorder's header                                  (record/recorder.hpp)
//    64  960  its 30 entries
//  1024   96  how the network was joined before a deep sleep (record/known_link.hpp), in firmware that knows that
//   ...  rest  a TLS session of the broker (net/tls_session.hpp), as secret as a key
//
// Every part checks itself: whatever power-on leaves there is not taken for data.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/chip/retained_ram.hpp"

#include <cstddef>

namespace esb::record::retained {

inline constexpr std::size_t run_at = 0;
inline constexpr std::size_t run_size = 32;
inline constexpr std::size_t log_header_at = run_at + run_size;
inline constexpr std::size_t log_header_size = 32;
inline constexpr std::size_t log_at = log_header_at + log_header_size;
inline constexpr std::size_t log_size = 960;
inline constexpr std::size_t known_link_at = log_at + log_size;
inline constexpr std::size_t known_link_size = with_deep_sleep ? 96 : 0;
inline constexpr std::size_t tls_session_at = known_link_at + known_link_size;
static_assert(known_link_at == 1024);

inline MutBytes run(chip::RetainedRam& ram) { return ram.bytes().subspan(run_at, run_size); }
inline MutBytes log_header(chip::RetainedRam& ram) { return ram.bytes().subspan(log_header_at, log_header_size); }
inline MutBytes log_entries(chip::RetainedRam& ram) { return ram.bytes().subspan(log_at, log_size); }
inline MutBytes known_link(chip::RetainedRam& ram) { return ram.bytes().subspan(known_link_at, known_link_size); }
inline MutBytes tls_session(chip::RetainedRam& ram) { return ram.bytes().subspan(tls_session_at); }

}  // namespace esb::record::retained
