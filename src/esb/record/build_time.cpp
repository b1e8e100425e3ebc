#include "esb/record/wall_clock.hpp"

// For builds that do not say: the day this line was last changed, which is before every build of it.
#ifndef ESB_BUILD_TIME
#define ESB_BUILD_TIME 1767225600  // 2026-01-01
#endif

namespace esb::record {

UnixTime build_time() { return UnixTime(ESB_BUILD_TIME); }

}  // namespace esb::record
