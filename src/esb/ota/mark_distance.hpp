// How often a download notes how far it is.
#pragma once

#include <cstddef>

namespace esb::ota {

// Bytes of the image: half of it is what a loss of power costs on average. A multiple of the chunks that are programmed,
// and a whole number of them makes an erase block. Each mark is a write of the records' flash.
inline constexpr std::size_t mark_distance = 16 * 1024;

}  // namespace esb::ota
