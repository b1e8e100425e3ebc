#include "esb/net/tls_library.hpp"

#include "esb/base/features.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#include <array>

namespace esb::net {
namespace {

constexpr std::array forward_secret_suites{
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
    MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384,
    0,
};
constexpr std::array all_suites{
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
    MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384,
    MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384,
    0,
};

#if ESB_CERTIFICATES
// ECDSA first: its certificates are short and quickly checked.
constexpr std::array certificate_suites{
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};
#endif

// P-256 first: the others are slower on a chip. Where the key exchange is signed P-384 is not offered: the server's own
// key has to be on one of these curves, too.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
constexpr std::array<std::uint16_t, 4> groups{MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                              MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
void set_groups(mbedtls_ssl_config& config) { mbedtls_ssl_conf_groups(&config, groups.data()); }
// TLS 1.3's external PSKs are another thing (RFC 8446 §4.2.11); suites and identity here are TLS 1.2's.
void set_versions(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
}
#if ESB_CERTIFICATES
constexpr std::array<std::uint16_t, 3> certificate_groups{
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
constexpr std::array<std::uint16_t, 7> signatures{
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE};
void set_signed_rules(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_groups(&config, certificate_groups.data());
    mbedtls_ssl_conf_sig_algs(&config, signatures.data());
}
#endif
#else
constexpr std::array groups{MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP384R1,
                            MBEDTLS_ECP_DP_NONE};
void set_groups(mbedtls_ssl_config& config) { mbedtls_ssl_conf_curves(&config, groups.data()); }
void set_versions(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
#if ESB_CERTIFICATES
constexpr std::array certificate_groups{MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_NONE};
constexpr std::array<int, 4> hashes{MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
void set_signed_rules(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_curves(&config, certificate_groups.data());
    mbedtls_ssl_conf_sig_hashes(&config, hashes.data());
}
#endif
#endif

// Options whose functions exist only when Mbed TLS was built with the feature.
void set_extensions(mbedtls_ssl_config& config) {
#if defined(MBEDTLS_SSL_ENCRYPT_THEN_MAC)
    mbedtls_ssl_conf_encrypt_then_mac(&config, MBEDTLS_SSL_ETM_ENABLED);
#endif
#if defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
    mbedtls_ssl_conf_extended_master_secret(&config, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
    // Asked for only where a full record would not fit: some servers answer this extension badly.
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#if MBEDTLS_SSL_IN_CONTENT_LEN >= 4096
    static_cast<void>(mbedtls_ssl_conf_max_frag_len(&config, MBEDTLS_SSL_MAX_FRAG_LEN_4096));
#else
    static_cast<void>(mbedtls_ssl_conf_max_frag_len(&config, MBEDTLS_SSL_MAX_FRAG_LEN_2048));
#endif
#endif
}

}  // namespace

void set_rules(mbedtls_ssl_config& config, TlsTrust trust, bool allow_plain_psk) {
    set_versions(config);
    set_groups(config);
    set_extensions(config);
    mbedtls_ssl_conf_ciphersuites(&config, allow_plain_psk ? all_suites.data() : forward_secret_suites.data());
#if ESB_CERTIFICATES
    if (trust == TlsTrust::psk) return;
    set_signed_rules(config);
    mbedtls_ssl_conf_ciphersuites(&config, certificate_suites.data());
#else
    static_cast<void>(trust);
#endif
}

bool prepare_crypto() {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    return psa_crypto_init() == PSA_SUCCESS;  // some builds of 3.x need it; repeating it does nothing
#else
    return true;
#endif
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
bool handshake_over(mbedtls_ssl_context& ssl) { return mbedtls_ssl_is_handshake_over(&ssl) != 0; }
const std::uint8_t* message_of(const mbedtls_ssl_context& ssl) { return ssl.MBEDTLS_PRIVATE(in_msg); }
#else
bool handshake_over(mbedtls_ssl_context& ssl) { return ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER; }
const std::uint8_t* message_of(const mbedtls_ssl_context& ssl) { return ssl.in_msg; }
#endif

bool is_out_of_memory(int code) {
    const int high = -(-code & ~0x7F);
    const int low = -(-code & 0x7F);
    return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
           high == MBEDTLS_ERR_SSL_ALLOC_FAILED || high == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
           high == MBEDTLS_ERR_MD_ALLOC_FAILED || high == MBEDTLS_ERR_CIPHER_ALLOC_FAILED ||
           high == MBEDTLS_ERR_X509_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED;
}

}  // namespace esb::net
