// Mbed TLS 4: random numbers are PSA's, errors have one number space.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/net/tls_version_iana.hpp"

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

namespace esb::net::version {

using Random = int (*)(void*, unsigned char*, std::size_t);

inline constexpr int no_entropy = PSA_ERROR_INSUFFICIENT_ENTROPY;

inline bool start() { return psa_crypto_init() == PSA_SUCCESS; }
inline void set_random(mbedtls_ssl_config&, Random, void*) {}

inline int module_of(int code) { return code; }
inline bool is_out_of_memory(int code) { return code == PSA_ERROR_INSUFFICIENT_MEMORY; }

#if ESB_CERTIFICATES
inline int parse_key(mbedtls_pk_context& key, ConstBytes der, Random, void*) {
    return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0);
}

// SHA-256 and longer, RSA from 2048 bits on, and P-256 and P-384 as Suite B has them: the numbers of curves and of kinds
// of keys are the library's own now, but it has no kinds beside RSA and these.
inline const mbedtls_x509_crt_profile profile{
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    mbedtls_x509_crt_profile_default.allowed_pks,
    mbedtls_x509_crt_profile_suiteb.allowed_curves,
    2048,
};
#endif

}  // namespace esb::net::version
