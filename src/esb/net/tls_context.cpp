#include "esb/net/tls_context.hpp"

#include "esb/net/tls_library.hpp"
#include "esb/net/tls_version.hpp"

#include <algorithm>

namespace esb::net {
namespace {

constexpr std::size_t min_key = 16;
constexpr std::size_t max_key = std::min<std::size_t>(Psk::capacity(), MBEDTLS_PSK_MAX_LEN);

// Alert descriptions, RFC 5246 §7.2.2 and RFC 4279 §2.
constexpr std::uint8_t alert_bad_record_mac = 20;
constexpr std::uint8_t alert_handshake_failure = 40;
constexpr std::uint8_t alert_decrypt_error = 51;
constexpr std::uint8_t alert_insufficient_security = 71;
constexpr std::uint8_t alert_unknown_psk_identity = 115;

Error alert_error(std::uint8_t alert) {
    switch (alert) {
        case alert_unknown_psk_identity:
        case alert_decrypt_error:
        case alert_bad_record_mac:
            return Error(errors::tls_bad_psk, alert);
        case alert_handshake_failure:
        case alert_insufficient_security:
            return Error(errors::tls_no_common_suite, alert);
        default:
            return Error(errors::tls_alert, alert);
    }
}

#if ESB_CERTIFICATES
// The same once we have accepted the other side's certificate: what is wrong then is ours, or that we have shown none.
Error alert_about_us(std::uint8_t alert) {
    constexpr std::uint8_t alert_bad_certificate = 42, alert_access_denied = 49;
    const bool about_certificates = alert >= alert_bad_certificate && alert <= alert_access_denied;
    const bool ours = about_certificates || alert == alert_handshake_failure || alert == alert_decrypt_error;
    return Error(ours ? errors::tls_client_refused : errors::tls_alert, alert);
}
#endif

Error transport_error(const Error& why) {
    // TCP's end is no end of TLS: anybody on the way could have made it (RFC 5246 §7.2.1).
    return why == errors::closed ? Error(errors::tls_truncated) : why;
}

}  // namespace

Status TlsStream::Context::configure(const TlsConfig& chosen) {
    if (chosen.trust == TlsTrust::psk) {
        if (chosen.identity.empty() || chosen.key.size() < min_key) return fail(errors::too_short);
        if (chosen.identity.size() > max_psk_identity || chosen.key.size() > max_key) return fail(errors::too_long);
        ESB_TRY(identity.assign(chosen.identity));
        ESB_TRY(key.assign(chosen.key));
        allow_plain_psk = chosen.allow_plain_psk;
        trust = chosen.trust;
        return {};
    }
#if ESB_CERTIFICATES
    if (chosen.credentials == nullptr) return fail(errors::invalid_argument);
    if (chosen.trust == TlsTrust::pin && chosen.pins.empty()) return fail(errors::too_short);
    if (chosen.pins.size() > max_pins || chosen.alpn.size() > max_alpn) return fail(errors::too_long);
    pins.clear();
    for (const auto& pin : chosen.pins) static_cast<void>(pins.push_back(pin));
    alpn = {};
    std::copy(chosen.alpn.begin(), chosen.alpn.end(), alpn.begin());
    credentials = chosen.credentials;
    key.clear();
    trust = chosen.trust;
    return {};
#else
    return fail(errors::invalid_argument);
#endif
}

bool TlsStream::Context::configured() const { return trust != TlsTrust::psk || !key.empty(); }

// A new configuration for each connection: 3.x takes a PSK only once, and nothing is held while there is none.
Status TlsStream::Context::make() {
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    made = true;
    io_error.reset();
    write_under_way = 0;
    heard.clear();
    ahead_from = ahead_to = 0;
    drained = false;
    // What keeps PSA from starting is the heap, also where it says that entropy is missing.
    int code = prepare_crypto() ? 0 : MBEDTLS_ERR_SSL_ALLOC_FAILED;
    if (code == 0) {
        code = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (code == 0) {
        set_rules(config, trust, allow_plain_psk);
        version::set_random(config, random, this);
        ESB_TRY(set_trust(code));
    }
    if (code == 0) code = mbedtls_ssl_setup(&ssl, &config);
#if ESB_CERTIFICATES
    if (code == 0 && check) code = check->put_into(ssl);
    if (code == 0 && check) resumption.begin(ssl, *credentials, check->binding());
#endif
    if (code != 0) return fail(is_out_of_memory(code) ? errors::no_memory : errors::tls_setup, -code);
    mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
    return {};
}

// The key, or the certificates and what they are checked with.
Status TlsStream::Context::set_trust(int& code) {
#if ESB_CERTIFICATES
    if (trust != TlsTrust::psk) {
#if defined(MBEDTLS_SSL_ALPN)
        if (alpn[0] != nullptr) code = mbedtls_ssl_conf_alpn_protocols(&config, alpn.data());
#endif
        check.emplace(trust, std::span(pins.begin(), pins.end()), *credentials, host, port);
        return check->put_into(config, random, this);
    }
#endif
    const auto bytes = key.reveal();
    const auto name = as_bytes(identity);
    code = mbedtls_ssl_conf_psk(&config, bytes.data(), bytes.size(), name.data(), name.size());
    return {};
}

// Certificates are needed no longer: there is no renegotiation. False when nothing vouches for the other side.
bool TlsStream::Context::handshake_done() {
#if ESB_CERTIFICATES
    if (!check) return true;
    const bool good = resumption.end(check->approved() ? std::optional(check->approved_until()) : std::nullopt);
    check.reset();
    return good;
#else
    return true;
#endif
}

void TlsStream::Context::release() {
    if (!made) return;
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);  // wipes the key
#if ESB_CERTIFICATES
    check.reset();
#endif
    made = false;
}

int TlsStream::Context::send(void* self, const unsigned char* bytes, std::size_t size) {
    auto& context = *static_cast<Context*>(self);
    const auto taken = context.tcp.write({bytes, size});
    return taken ? static_cast<int>(*taken) : context.io_failed(taken.error(), MBEDTLS_ERR_SSL_WANT_WRITE);
}

int TlsStream::Context::receive(void* self, unsigned char* out, std::size_t size) {
    auto& context = *static_cast<Context*>(self);
    const auto got = context.read_ahead({out, size});
    if (!got) return context.io_failed(got.error(), MBEDTLS_ERR_SSL_WANT_READ);
    for (std::size_t i = 0; i < *got && !context.heard.full(); ++i) static_cast<void>(context.heard.push_back(out[i]));
    return static_cast<int>(*got);
}

Result<std::size_t> TlsStream::Context::read_ahead(MutBytes out) {
    if (ahead_from == ahead_to) {
        if (drained) return fail(errors::would_block);
        const auto place = out.size() < ahead.size() ? MutBytes(ahead) : out;
        const auto got = tcp.read(place);
        if (!got) return got;
        drained = *got < place.size();
        if (place.data() == out.data()) return got;
        ahead_from = 0;
        ahead_to = *got;
    }
    const auto taken = std::min(out.size(), ahead_to - ahead_from);
    copy(ConstBytes(ahead).subspan(ahead_from, taken), out);
    ahead_from += taken;
    return taken;
}

int TlsStream::Context::io_failed(const Error& why, int want) {
    if (why == errors::would_block) return want;
    io_error = why;
    return MBEDTLS_ERR_SSL_CONN_EOF;
}

int TlsStream::Context::random(void* self, unsigned char* out, std::size_t size) {
    auto& context = *static_cast<Context*>(self);
    if (const auto filled = context.entropy.fill({out, size}); !filled) {
        context.io_error = filled.error();
        return version::no_entropy;
    }
    return 0;
}

Error TlsStream::Context::error_of(int code, bool in_handshake) {
    const bool hung_up = io_error && (*io_error == errors::closed || *io_error == errors::socket_reset);
    if (in_handshake && (not_tls() || (hung_up && heard.empty()))) return Error(errors::tls_not_tls);
    if (io_error && in_handshake) {
        // A server that refuses us sends its alert and closes at once; our next write then fails before we read.
        if (const auto alert = alert_in_the_clear()) return alert_in_handshake(*alert);
    }
    if (is_out_of_memory(code)) return Error(errors::no_memory, -code);
#if ESB_CERTIFICATES
    if (in_handshake && check) {
        if (const auto refusal = check->refusal(ssl, code)) return *refusal;
    }
#endif
    if (io_error) return transport_error(*io_error);
    if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        const auto* const message = message_of(ssl);  // level, description
        const std::uint8_t alert = message == nullptr ? 0 : message[1];
        return in_handshake ? alert_in_handshake(alert) : Error(errors::tls_alert, alert);
    }
    if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return Error(in_handshake ? errors::tls_alert : errors::closed);
    // The other side's Finished is the first thing under keys that depend on the PSK.
    if (in_handshake && code == MBEDTLS_ERR_SSL_INVALID_MAC) return Error(errors::tls_bad_psk);
    return Error(errors::tls_protocol, -code);
}

Error TlsStream::Context::alert_in_handshake(std::uint8_t alert) const {
#if ESB_CERTIFICATES
    if (check && check->approved()) return alert_about_us(alert);
#endif
    return alert_error(alert);
}

// An alert before encryption starts is one record: 15 | version | 0002 | level | description (RFC 5246 §6.2.1, §7.2).
std::optional<std::uint8_t> TlsStream::Context::alert_in_the_clear() {
    constexpr std::uint8_t content_alert = 21;
    std::array<std::uint8_t, 7> record{};
    std::size_t size = 0;
    drained = false;  // what the socket holds now is the last of it
    while (size < record.size()) {
        const auto got = read_ahead(MutBytes(record).subspan(size));
        if (!got) return {};
        size += *got;
    }
    if (record[0] != content_alert || record[3] != 0 || record[4] != 2) return {};
    return record[6];
}

}  // namespace esb::net
