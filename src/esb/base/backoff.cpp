#include "esb/base/backoff.hpp"

#include <algorithm>

namespace esb {

Duration Backoff::next(std::uint32_t random) {
    const auto minimum = minimum_.count();
    const auto ceiling = std::min<std::int64_t>(maximum_.count(), minimum * (2LL << std::min(failures_, 20U)));
    ++failures_;
    const auto spread = static_cast<std::uint64_t>(ceiling - minimum);
    return Duration(minimum + static_cast<std::int64_t>((spread * random) >> 32));
}

}  // namespace esb
