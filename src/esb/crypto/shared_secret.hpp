// The arithmetic under a key agreement. Mbed TLS does it: shared_secret_classic.cpp with 2.28 and 3.x, shared_secret_psa.cpp
// with 4; they have make_key_pair(), too.
#pragma once

#include "esb/crypto/key_agreement.hpp"

#include <array>

namespace esb::crypto {

using Coordinate = std::array<std::uint8_t, 32>;

// x of the point that both sides can compute (SEC 1 §3.3.1), big-endian. `theirs` was checked. no_entropy, no_memory.
Status compute_shared_secret(const P256PrivateKey& ours, const P256PublicKey& theirs, chip::Entropy& entropy,
                             Coordinate& out);

}  // namespace esb::crypto
