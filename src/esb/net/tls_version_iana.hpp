// What Mbed TLS 3.x and 4 have in common, and 2.28 has not: groups and signatures by IANA's numbers.
#pragma once

#include "esb/base/features.hpp"

#include <mbedtls/ssl.h>

#include <array>
#include <cstdint>

#define ESB_MEMBER(name) MBEDTLS_PRIVATE(name)

namespace esb::net::version {

inline constexpr std::array<std::uint16_t, 4> groups{
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
inline void set_groups(mbedtls_ssl_config& config) { mbedtls_ssl_conf_groups(&config, groups.data()); }
// TLS 1.3's external PSKs are another thing (RFC 8446 §4.2.11); suites and identity here are TLS 1.2's.
inline void set_versions(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
}
inline bool handshake_over(mbedtls_ssl_context& ssl) { return mbedtls_ssl_is_handshake_over(&ssl) != 0; }

#if ESB_CERTIFICATES
inline constexpr std::array<std::uint16_t, 3> certificate_groups{
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
inline constexpr std::array<std::uint16_t, 7> signatures{
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE};
inline void set_signed_rules(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_groups(&config, certificate_groups.data());
    mbedtls_ssl_conf_sig_algs(&config, signatures.data());
}
#endif

}  // namespace esb::net::version
