// What Mbed TLS's versions have each their own way of: writing certificates, being a server, looking into both.
#pragma once

#include "esb/base/bytes.hpp"

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define ESB_TEST_MEMBER(name) MBEDTLS_PRIVATE(name)
#else
#define ESB_TEST_MEMBER(name) name
#endif

namespace esb::test {

using Random = int (*)(void*, unsigned char*, std::size_t);

inline void set_serial(mbedtls_x509write_cert& writer, std::uint8_t number) {
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    mbedtls_x509write_crt_set_serial_raw(&writer, &number, 1);
#else
    mbedtls_mpi serial;
    mbedtls_mpi_init(&serial);
    mbedtls_mpi_lset(&serial, number);
    mbedtls_x509write_crt_set_serial(&writer, &serial);
    mbedtls_mpi_free(&serial);
#endif
}

inline int write_certificate(mbedtls_x509write_cert& writer, MutBytes out, [[maybe_unused]] Random random,
                             [[maybe_unused]] void* state) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
    return mbedtls_x509write_crt_der(&writer, out.data(), out.size());
#else
    return mbedtls_x509write_crt_der(&writer, out.data(), out.size(), random, state);
#endif
}

// TLS 1.2 is the newest.
inline void set_server_rules(mbedtls_ssl_config& config, [[maybe_unused]] Random random, [[maybe_unused]] void* state) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(&config, random, state);
#endif
}

// A server's tickets under AES-256-GCM, good for `lifetime` seconds.
inline int set_up_tickets(mbedtls_ssl_ticket_context& tickets, std::uint32_t lifetime, [[maybe_unused]] Random random,
                          [[maybe_unused]] void* state) {
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
    return mbedtls_ssl_ticket_setup(&tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256, lifetime);
#else
    return mbedtls_ssl_ticket_setup(&tickets, random, state, MBEDTLS_CIPHER_AES_256_GCM, lifetime);
#endif
}

inline int state_of(const mbedtls_ssl_context& ssl) { return ssl.ESB_TEST_MEMBER(state); }
inline bool encrypts_then_macs(const mbedtls_ssl_context& ssl) {
    return ssl.ESB_TEST_MEMBER(session)->ESB_TEST_MEMBER(encrypt_then_mac) == MBEDTLS_SSL_ETM_ENABLED;
}

}  // namespace esb::test
