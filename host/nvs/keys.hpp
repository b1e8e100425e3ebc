// The two keys that an NVS partition is encrypted with, and where a chip has them from.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "host/nvs/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace esb::nvs {

inline constexpr std::size_t keys_size = 64;  // bytes: the key of the data, the key of the tweak
inline constexpr std::size_t hmac_key_size = 32;
using Keys = std::array<std::uint8_t, keys_size>;

// Where flash encryption protects them: the image of a partition `nvs_keys`, 4096 bytes: keys, le32 CRC-32, 0xFF.
std::vector<std::uint8_t> keys_partition(const Keys& keys);
// nvs_keys.
Result<Keys> read_keys_partition(ConstBytes image);

// Where the chip has an HMAC unit: they are made anew at each start, of a key in an eFuse that no program can read
// (CONFIG_NVS_SEC_KEY_PROTECT_USING_HMAC).
Keys keys_of_hmac_key(std::span<const std::uint8_t, hmac_key_size> key);

}  // namespace esb::nvs
