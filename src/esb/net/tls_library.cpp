#include "esb/net/tls_library.hpp"

#include "esb/base/features.hpp"
#include "esb/net/tls_version.hpp"

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
    version::set_versions(config);
    // P-256 first: the others are slower on a chip. Where the key exchange is signed P-384 is not offered: the server's
    // own key has to be on one of these curves, too.
    version::set_groups(config);
    set_extensions(config);
    mbedtls_ssl_conf_ciphersuites(&config, allow_plain_psk ? all_suites.data() : forward_secret_suites.data());
#if ESB_CERTIFICATES
    if (trust == TlsTrust::psk) return;
    version::set_signed_rules(config);
    mbedtls_ssl_conf_ciphersuites(&config, certificate_suites.data());
    // Not with a key: brokers that take the user's name from it (mosquitto 2.0) do not know it in a session.
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#endif
#else
    static_cast<void>(trust);
#endif
}

bool prepare_crypto() { return version::start(); }
bool handshake_over(mbedtls_ssl_context& ssl) { return version::handshake_over(ssl); }
const std::uint8_t* message_of(const mbedtls_ssl_context& ssl) { return ssl.ESB_MEMBER(in_msg); }
bool is_out_of_memory(int code) { return version::is_out_of_memory(code); }

#if ESB_CERTIFICATES
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
SavedSession save_session(const mbedtls_ssl_context& ssl, MutBytes out) {
    SavedSession saved;
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    if (mbedtls_ssl_get_session(&ssl, &session) == 0 && session.ESB_MEMBER(ticket) != nullptr &&
        mbedtls_ssl_session_save(&session, out.data(), out.size(), &saved.size) == 0) {
        saved.lifetime = UnixTime(session.ESB_MEMBER(ticket_lifetime));
    } else {
        saved = {};
    }
    mbedtls_ssl_session_free(&session);  // a copy; wipes it
    return saved;
}

bool offer_session(mbedtls_ssl_context& ssl, ConstBytes bytes) {
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    const bool offered = mbedtls_ssl_session_load(&session, bytes.data(), bytes.size()) == 0 &&
                         mbedtls_ssl_set_session(&ssl, &session) == 0;
    mbedtls_ssl_session_free(&session);  // a copy; wipes it
    return offered;
}
#else
SavedSession save_session(const mbedtls_ssl_context&, MutBytes) { return {}; }
bool offer_session(mbedtls_ssl_context&, ConstBytes) { return false; }
#endif
#endif

}  // namespace esb::net
