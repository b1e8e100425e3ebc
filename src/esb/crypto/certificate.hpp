// X.509 as far as the device itself has to do with it: is this one, is it for our key, ask for one. certificate.cpp knows
// Mbed TLS. Whether another's certificate is believed is TLS's matter (net/tls_trust.hpp).
#pragma once

#include "esb/base/time.hpp"
#include "esb/crypto/key_agreement.hpp"

#include <string_view>

namespace esb::crypto {

// DER certificates, one behind another. bad_certificate, no_memory.
Status check_certificates(ConstBytes der);

struct CertificateFacts {
    UnixTime from{}, until{};
    P256PublicKey key{};
    bool on_p256 = false;  // otherwise `key` is empty
};
// Of the first one.
Result<CertificateFacts> read_certificate(ConstBytes der);

// A request for a certificate (PKCS#10, RFC 2986) with this common name, signed by the key: DER, at the end of `out`.
// no_entropy, no_memory, too_long.
Result<ConstBytes> make_request(const P256PrivateKey& key, std::string_view common_name, chip::Entropy& entropy,
                                MutBytes out);

}  // namespace esb::crypto
