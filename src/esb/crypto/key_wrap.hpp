// A key under another key: AES Key Wrap (RFC 3394) with a key of 256 bits, JOSE's A256KW (RFC 7518 §4.4).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/crypto/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace esb::crypto {

inline constexpr std::size_t wrapped_key_size = 40;  // bytes, of a key of 32

Status wrap_key(std::span<const std::uint8_t, 32> with, std::span<const std::uint8_t, 32> key,
                std::span<std::uint8_t, wrapped_key_size> out);
// bad_tag when `wrapped` was not made with this key; `out` then holds nothing of it.
Status unwrap_key(std::span<const std::uint8_t, 32> with, std::span<const std::uint8_t, wrapped_key_size> wrapped,
                  std::span<std::uint8_t, 32> out);

}  // namespace esb::crypto
