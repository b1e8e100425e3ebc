// HMAC with SHA-256 (RFC 2104).
#pragma once

#include "esb/crypto/crypto.hpp"

namespace esb::crypto {

// `key`: at most 64 bytes.
Digest hmac_sha256(ConstBytes key, ConstBytes message);

}  // namespace esb::crypto
