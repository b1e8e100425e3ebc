// Makes the signed envelopes that devices accept (docs/protocol.md).
#pragma once

#include "host/cli/signing_key.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

// Compact JWS with the header {"alg":"ES256","kid":…,"typ":typ}; `payload` is the JSON text as it shall be signed.
// Empty when the cryptographic library fails (memory).
std::string sign_envelope(const SigningKey& key, std::string_view typ, std::string_view payload);

}  // namespace esb::cli
