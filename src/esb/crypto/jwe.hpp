// A text that only one device can read: compact JWE (RFC 7516), ECDH-ES to its P-256 key, A256GCM, with nothing
// optional.
#pragma once

#include "esb/crypto/errors.hpp"
#include "esb/crypto/key_agreement.hpp"

#include <cstddef>
#include <string_view>

namespace esb::crypto {

inline constexpr std::size_t jwe_max = 1024;  // bytes

// The plaintext in `out`. jwe_*, json_*, bad_key, bad_tag, too_long (more than `out` holds), no_entropy, no_memory;
// `out` then holds nothing of it.
Result<ConstBytes> open_jwe(std::string_view compact, const P256KeyPair& key, chip::Entropy& entropy, MutBytes out);

}  // namespace esb::crypto
