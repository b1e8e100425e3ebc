// The suffixes of a text in order, by induced sorting (Nong, Zhang, Chan 2009): linear time and memory.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>
#include <vector>

namespace esb::cli {

// Where the suffixes begin, the smallest first. At most 2^31 - 2 bytes.
std::vector<std::int32_t> suffix_array(ConstBytes text);

}  // namespace esb::cli
