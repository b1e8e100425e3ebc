// What certificates and certificate requests of others say, PEM or DER. read_certificate.cpp knows Mbed TLS.
#pragma once

#include "host/cli/certificate.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace esb::cli {

inline constexpr std::size_t request_max = 8192;  // bytes of text around and of a request or a certificate

struct CertificateRequest {
    std::string subject;  // the only attribute of its name: the common name
    crypto::P256PublicKey key;
};
// Refuses what is not signed by its own P-256 key with ECDSA and SHA-256, and subjects with more than a common name.
// What else it asks for (extensions) does not count. Text before and after the PEM block does not matter.
Outcome<CertificateRequest> read_request(std::string_view text);

struct CertificateFacts {
    Serial serial{};
    std::string subject;  // common name
    crypto::P256PublicKey key;
    Seconds not_before = 0;
    Seconds not_after = 0;
    std::string der;

    // When two thirds of its life are over.
    Seconds renewal() const { return not_before + (not_after - not_before) * 2 / 3; }
};
// Fails unless the key is on P-256. Checks no signature.
Outcome<CertificateFacts> read_certificate(std::string_view text);

// When a revocation list was made (thisUpdate).
Outcome<Seconds> read_list_time(std::string_view text);

// The bytes of the first PEM block with this label; empty when there is none or it is broken.
std::string pem_bytes(std::string_view text, std::string_view label);
// The bytes of all PEM blocks with this label, one behind another.
std::string all_pem_bytes(std::string_view text, std::string_view label);
// Base64 with or without line ends; empty when it is none.
std::string base64_bytes(std::string_view text);

}  // namespace esb::cli
