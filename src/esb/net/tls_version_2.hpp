// Mbed TLS 2.28.
#pragma once

#include "esb/base/features.hpp"
#include "esb/net/tls_version_classic.hpp"

#include <mbedtls/ssl.h>

#include <array>
#include <cstdint>

#define ESB_MEMBER(name) name

namespace esb::net::version {

inline bool start() { return true; }

inline constexpr std::array groups{MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP384R1,
                                   MBEDTLS_ECP_DP_NONE};
inline void set_groups(mbedtls_ssl_config& config) { mbedtls_ssl_conf_curves(&config, groups.data()); }
inline void set_versions(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
inline bool handshake_over(const mbedtls_ssl_context& ssl) { return ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER; }

#if ESB_CERTIFICATES
inline constexpr std::array certificate_groups{MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_NONE};
inline constexpr std::array<int, 4> hashes{MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
inline void set_signed_rules(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_curves(&config, certificate_groups.data());
    mbedtls_ssl_conf_sig_hashes(&config, hashes.data());
}
inline int parse_key(mbedtls_pk_context& key, ConstBytes der, Random, void*) {
    return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0);
}
#endif

}  // namespace esb::net::version
