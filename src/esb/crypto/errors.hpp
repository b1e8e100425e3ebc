// What cryptography can fail with.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind bad_signature{"crypto.bad_signature", "the signature does not match"};
inline constexpr ErrorKind bad_key{"crypto.bad_key", "this is not a point on P-256"};
inline constexpr ErrorKind bad_certificate{"crypto.bad_certificate", "this is no certificate that can be read"};
inline constexpr ErrorKind bad_tag{"crypto.bad_tag", "the encrypted data was changed"};

inline constexpr ErrorKind jwe_malformed{"jwe.malformed", "this is not a compact JWE"};
inline constexpr ErrorKind jwe_header{"jwe.header", "the header is not alg ECDH-ES, enc A256GCM and a P-256 epk alone"};

inline constexpr ErrorKind password_length{"crypto.password_length", "a password has 8 to 64 bytes"};
inline constexpr ErrorKind password_wrong{"crypto.password_wrong", "this is not the password"};
inline constexpr ErrorKind password_corrupt{"crypto.password_corrupt", "the stored password hash is damaged"};
}  // namespace esb::errors

namespace esb::crypto {
// In the order of their definition.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::bad_signature,  &errors::bad_key,        &errors::bad_certificate,
    &errors::bad_tag,        &errors::jwe_malformed,  &errors::jwe_header,
    &errors::password_length, &errors::password_wrong, &errors::password_corrupt,
};
}  // namespace esb::crypto
