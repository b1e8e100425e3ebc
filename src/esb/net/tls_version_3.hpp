// Mbed TLS 3.x.
#pragma once

#include "esb/net/tls_version_classic.hpp"
#include "esb/net/tls_version_iana.hpp"

#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

namespace esb::net::version {

// Some builds of 3.x need it; repeating it does nothing.
inline bool start() {
#if defined(MBEDTLS_PSA_CRYPTO_C)
    return psa_crypto_init() == PSA_SUCCESS;
#else
    return true;
#endif
}

#if ESB_CERTIFICATES
inline int parse_key(mbedtls_pk_context& key, ConstBytes der, Random random, void* state) {
    return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0, random, state);
}
#endif

}  // namespace esb::net::version
