#include "esb/base/time.hpp"

namespace esb {

Instant after(Instant at, Duration by) {
    std::int64_t sum = 0;
    const bool never = __builtin_add_overflow(at.time_since_epoch().count(), by.count(), &sum);
    return never ? Instant::max() : Instant(Duration(sum));
}

}  // namespace esb
