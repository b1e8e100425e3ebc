// A password that a person types, kept as a slow hash: PBKDF2-HMAC-SHA256 (RFC 8018 §5.2).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/crypto/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::crypto {

inline constexpr std::size_t password_min = 8;  // bytes
inline constexpr std::size_t password_max = 64;
// Two HMACs' worth of hashing for each: estimated at 20,000 cycles on an ESP32-C3, so 0.6 s at 160 MHz.
inline constexpr std::uint32_t password_iterations = 5000;
// More would hold up the caller beyond reason.
inline constexpr std::uint32_t password_iterations_max = 100'000;

// u8 version (1), le32 iterations, 16 bytes of salt, 32 bytes of hash. Not the password, but worth hiding.
inline constexpr std::size_t password_hash_size = 1 + 4 + 16 + 32;
using PasswordHash = Secret<password_hash_size>;

// Blocks for as long as the hashing takes. password_length, no_entropy, no_memory.
Result<PasswordHash> hash_password(std::string_view password, chip::Entropy& entropy,
                                   std::uint32_t iterations = password_iterations);
// password_corrupt unless this has the form of a hash.
Status check_password_hash(ConstBytes stored);
// Blocks likewise, also for a password of the wrong length. password_wrong, password_corrupt, no_memory.
Status check_password(ConstBytes stored, std::string_view password);

}  // namespace esb::crypto
