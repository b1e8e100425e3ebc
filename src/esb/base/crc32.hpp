// The checksum of stored records.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>

namespace esb {

// CRC-32 as ISO-HDLC (zlib, and ESP-IDF's esp_rom_crc32_le with the same seed 0xFFFFFFFF). The sum of some bytes is the seed for
// those that follow them.
std::uint32_t crc32(ConstBytes bytes, std::uint32_t seed = 0);

}  // namespace esb
