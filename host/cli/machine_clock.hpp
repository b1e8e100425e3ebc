// Whether this machine's clock has been set.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstdint>

namespace esb::cli {

// Seconds since 1970. What is dated by a clock that stands before this, the start of 2025, never counts for anybody.
inline constexpr std::int64_t earliest_now = 1'735'689'600;

inline Outcome<void> check_clock(std::int64_t now) {
    if (now >= earliest_now) return {};
    return failure("this machine's clock is before 2025: set it, or what is dated now will never count");
}

}  // namespace esb::cli
