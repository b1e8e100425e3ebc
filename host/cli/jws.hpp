// Makes the signed envelopes that devices accept (docs/protocol.md).
#pragma once

#include "host/cli/signing_key.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

// Compact JWS with the header {"alg":"ES256","kid":…,"typ":typ}; `payload` is the JSON text as it shall be signed.
// Empty when the cryptographic library fails (memory).
std::string sign_envelope(const SigningKey& key, std::string_view typ, std::string_view payload);

// The same with its payload left out, `header..signature` (RFC 7515, appendix F), and put in again; empty for what is no
// such signature. The payload is the bytes that were signed.
std::string detach_payload(std::string_view envelope);
std::string attach_payload(std::string_view signature, std::string_view payload);

}  // namespace esb::cli
