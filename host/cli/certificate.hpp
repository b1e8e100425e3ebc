// The certificates and revocation lists that `esb ca` signs, as DER (RFC 5280): P-256, ECDSA with SHA-256, one level.
// Mbed TLS writes certificates but neither revocation lists nor EST's answers; here one writer makes all three.
#pragma once

#include "esb/base/result.hpp"
#include "host/cli/signing_key.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

enum class CertificateKind : std::uint8_t {
    authority,
    server,
    device,
    operator_,  // of the tool and of services that read (tool_account.hpp)
};
// "server", "device", "operator".
std::string_view kind_word(CertificateKind kind);

using Serial = std::array<std::uint8_t, 16>;
using Seconds = std::int64_t;  // of Unix

// What a certificate says.
struct CertificateForm {
    CertificateKind kind = CertificateKind::device;
    Serial serial{};
    std::string subject;  // common name; there is nothing else in it
    std::string issuer;
    crypto::P256PublicKey key;
    Seconds not_before = 0;
    Seconds not_after = 0;
    std::vector<std::string> hosts;  // of a server: names and IP addresses that have been checked
};
// key_failed.
Result<std::string> certificate_der(const CertificateForm& form, const SigningKey& authority);

struct Revocation {
    Serial serial{};
    Seconds when = 0;
};
struct RevocationList {
    std::uint64_t number = 0;
    Seconds this_update = 0;
    Seconds next_update = 0;
    std::vector<Revocation> revoked;
};
// key_failed.
Result<std::string> revocation_list_der(const RevocationList& list, std::string_view issuer,
                                        const SigningKey& authority);

// A PKCS #7 with nothing but certificates in it (RFC 5652 §5, RFC 7030 §4.1.3): what EST answers.
std::string certificates_only(const std::vector<std::string>& certificates);

// An IPv4 or IPv6 address's bytes in network order; empty when `text` is none.
std::string address_bytes(const std::string& text);

}  // namespace esb::cli
