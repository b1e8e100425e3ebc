// Certificates in a PKCS#7 message that holds nothing else (RFC 5652, "certs-only"), as EST answers (RFC 7030 §4.1.3).
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/crypto/errors.hpp"

namespace esb::crypto {

// Copies the certificates, DER one behind another, to `out`. bad_certificate where this is no such message (DER), holds
// none, or one that is no SEQUENCE of 256 to 65539 bytes; too_long.
Result<ConstBytes> read_pkcs7_certificates(ConstBytes message, MutBytes out);

}  // namespace esb::crypto
