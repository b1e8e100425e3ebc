// What Mbed TLS 2.28 and 3.x have in common, and 4 has not.
#pragma once

#include "esb/base/bytes.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

namespace esb::net::version {

using Random = int (*)(void*, unsigned char*, std::size_t);

inline constexpr int no_entropy = MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;

inline void set_random(mbedtls_ssl_config& config, Random random, void* state) {
    mbedtls_ssl_conf_rng(&config, random, state);
}

// The code of a cause (the low 7 bits, negated) is added to that of the module it surfaced in.
inline int module_of(int code) { return -(-code & ~0x7F); }
inline bool is_out_of_memory(int code) {
    const int high = module_of(code);
    const int low = -(-code & 0x7F);
    return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
           high == MBEDTLS_ERR_SSL_ALLOC_FAILED || high == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
           high == MBEDTLS_ERR_MD_ALLOC_FAILED || high == MBEDTLS_ERR_CIPHER_ALLOC_FAILED ||
           high == MBEDTLS_ERR_X509_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED;
}

// SHA-256 and longer, RSA from 2048 bits on. P-384 is for authorities: what signs the key exchange is on P-256.
inline constexpr mbedtls_x509_crt_profile profile{
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    2048,
};

}  // namespace esb::net::version
