// Knows Mbed TLS, as do tls_library.cpp (its versions) and tls_trust.cpp (certificates).
#include "esb/net/tls_stream.hpp"

#include "esb/base/features.hpp"
#include "esb/net/tls_library.hpp"
#include "esb/net/tls_record.hpp"
#if ESB_CERTIFICATES
#include "esb/net/tls_trust.hpp"
#endif

#include <mbedtls/entropy.h>

#include <algorithm>
#include <array>
#include <new>

namespace esb::net {
namespace {

constexpr std::size_t min_key = 16;
constexpr std::size_t max_key = std::min<std::size_t>(Psk::capacity(), MBEDTLS_PSK_MAX_LEN);
constexpr std::size_t max_identity = 128;

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

struct TlsStream::Context {
    TcpStream& tcp;
    chip::Entropy& entropy;
    FixedString<max_identity> identity;
    Psk key;
    bool allow_plain_psk = false;
    TlsTrust trust = TlsTrust::psk;
#if ESB_CERTIFICATES
    FixedVector<SpkiPin, max_pins> pins;
    TlsCredentials* credentials = nullptr;
    std::array<const char*, max_alpn + 1> alpn{};
    HostName host;
    std::optional<TlsTrustCheck> check;  // while a handshake is under way
#endif

    mbedtls_ssl_config config{};
    mbedtls_ssl_context ssl{};
    bool made = false;
    std::optional<Error> io_error;
    std::size_t write_under_way = 0;  // bytes of the record that Mbed TLS has but could not send entirely
    FixedVector<std::uint8_t, 2> heard;  // the first bytes of the other side

    // Mbed TLS asks for a record's head and then for its body. Read ahead, both cost one call of the network stack; and
    // one that gave less than there was room for has left nothing behind, until the socket is readable anew.
    std::array<std::uint8_t, 512> ahead{};
    std::size_t ahead_from = 0, ahead_to = 0;
    bool drained = false;

    Context(TcpStream& tcp_stream, chip::Entropy& chip_entropy) : tcp(tcp_stream), entropy(chip_entropy) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { release(); }

    Status configure(const TlsConfig& chosen);
    bool configured() const;
    Status make();
    Status set_trust(int& code);
    void handshake_done();
    void release();
    Error error_of(int code, bool in_handshake);
    Error alert_in_handshake(std::uint8_t alert) const;
    bool not_tls() const { return !may_begin_tls_record(heard); }
    // Something is left that TCP knows nothing of any more.
    bool has_rest() const { return ahead_from < ahead_to || mbedtls_ssl_get_bytes_avail(&ssl) > 0; }
    Result<std::size_t> read_ahead(MutBytes out);
    std::optional<std::uint8_t> alert_in_the_clear();

    static int send(void* self, const unsigned char* bytes, std::size_t size);
    static int receive(void* self, unsigned char* out, std::size_t size);
    static int random(void* self, unsigned char* out, std::size_t size);
    int io_failed(const Error& why, int want);
};

Status TlsStream::Context::configure(const TlsConfig& chosen) {
    if (chosen.trust == TlsTrust::psk) {
        if (chosen.identity.empty() || chosen.key.size() < min_key) return fail(errors::too_short);
        if (chosen.identity.size() > max_identity || chosen.key.size() > max_key) return fail(errors::too_long);
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
    int code = prepare_crypto() ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    if (code == 0) {
        code = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (code == 0) {
        set_rules(config, trust, allow_plain_psk);
        mbedtls_ssl_conf_rng(&config, random, this);
        ESB_TRY(set_trust(code));
    }
    if (code == 0) code = mbedtls_ssl_setup(&ssl, &config);
#if ESB_CERTIFICATES
    if (code == 0 && check) code = check->put_into(ssl);
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
        check.emplace(trust, std::span(pins.begin(), pins.end()), *credentials, host);
        return check->put_into(config, random, this);
    }
#endif
    const auto bytes = key.reveal();
    const auto name = as_bytes(identity);
    code = mbedtls_ssl_conf_psk(&config, bytes.data(), bytes.size(), name.data(), name.size());
    return {};
}

// Certificates are needed no longer: there is no renegotiation.
void TlsStream::Context::handshake_done() {
#if ESB_CERTIFICATES
    check.reset();
#endif
}

void TlsStream::Context::release() {
    if (!made) return;
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);  // wipes the key
    handshake_done();
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
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
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

TlsStream::TlsStream(Reactor& reactor, Names& names, chip::Entropy& entropy, const StreamLimits& limits)
    : reactor_(reactor),
      entropy_(entropy),
      tcp_(reactor, names, limits.open_timeout),
      handshake_timeout_(limits.handshake_timeout),
      context_(new (std::nothrow) Context(tcp_, entropy_)) {}

TlsStream::~TlsStream() { close(); }

Status TlsStream::configure(const TlsConfig& config) {
    if (state_ != State::closed) return fail(errors::busy);
    if (!context_) return fail(errors::no_memory);
    return context_->configure(config);
}

Status TlsStream::open(std::string_view host, std::uint16_t port, StreamHandler& handler) {
    if (state_ != State::closed) return fail(errors::busy);
    if (!context_ || !context_->configured()) return fail(errors::tls_setup);
#if ESB_CERTIFICATES
    ESB_TRY(context_->host.assign(host));
#endif
    ESB_TRY(reactor_.add(*this));
    if (const auto opening = tcp_.open(host, port, *this); !opening) {
        reactor_.remove(*this);
        return opening;
    }
    handler_ = &handler;
    state_ = State::connecting;
    return {};
}

bool TlsStream::is_open() const { return state_ == State::open; }

std::string_view TlsStream::suite() const {
    return is_open() ? std::string_view(mbedtls_ssl_get_ciphersuite(&context_->ssl)) : std::string_view();
}

void TlsStream::on_open() {
    state_ = State::handshaking;
    handshake_until_ = reactor_.now() + handshake_timeout_;
    if (const auto made = context_->make(); !made) return fail_with(made.error());
    handshake();
}

void TlsStream::handshake() {
    const int code = mbedtls_ssl_handshake(&context_->ssl);
    if (context_->not_tls()) return fail_with(Error(errors::tls_not_tls));
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return;
    if (code != 0 || !handshake_over(context_->ssl)) return fail_with(context_->error_of(code, true));
    context_->handshake_done();
    state_ = State::open;
    handler_->on_open();
}

void TlsStream::on_readable() {
    context_->drained = false;
    if (state_ == State::handshaking) return handshake();
    handler_->on_readable();
}

void TlsStream::on_writable() {
    if (state_ == State::handshaking) return handshake();
    handler_->on_writable();
}

void TlsStream::on_closed(const Error& why) {
    if (state_ == State::connecting) return fail_with(why);
    const bool in_handshake = state_ == State::handshaking;
    context_->io_error = why;
    fail_with(context_->error_of(MBEDTLS_ERR_SSL_CONN_EOF, in_handshake));
}

void TlsStream::step(Instant now) {
    if (state_ == State::ended) return fail_with(why_);
    if (state_ == State::handshaking && now >= handshake_until_) return fail_with(Error(errors::tls_handshake_timeout));
    if (state_ == State::open && context_->has_rest()) handler_->on_readable();
}

std::optional<Instant> TlsStream::deadline() const {
    if (state_ == State::ended) return Instant::min();
    if (state_ == State::handshaking) return handshake_until_;
    if (state_ == State::open && context_->has_rest()) return Instant::min();
    return std::nullopt;
}

Result<std::size_t> TlsStream::read(MutBytes out) {
    if (out.empty()) return fail(errors::invalid_argument);
    if (state_ == State::ended) return fail(why_);
    if (state_ != State::open) return fail(errors::closed);
    const int code = mbedtls_ssl_read(&context_->ssl, out.data(), out.size());
    if (code > 0) return static_cast<std::size_t>(code);
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return fail(errors::would_block);
    end_soon(context_->error_of(code, false));
    return fail(why_);
}

Result<std::size_t> TlsStream::write(ConstBytes bytes) {
    if (bytes.empty()) return fail(errors::invalid_argument);
    if (state_ == State::ended) return fail(why_);
    if (state_ != State::open) return fail(errors::closed);
    auto& context = *context_;
    // Mbed TLS finishes the record it has and then reports what this call gave as taken: give it the same again.
    if (bytes.size() < context.write_under_way) return fail(errors::invalid_argument);
    const auto given = context.write_under_way > 0 ? bytes.first(context.write_under_way) : bytes;
    const int code = mbedtls_ssl_write(&context.ssl, given.data(), given.size());
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
        context.write_under_way = given.size();
        return fail(errors::would_block);
    }
    context.write_under_way = 0;
    if (code >= 0) return static_cast<std::size_t>(code);
    end_soon(context.error_of(code, false));
    return fail(why_);
}

void TlsStream::close() {
    if (state_ == State::closed) return;
    if (state_ == State::open) static_cast<void>(mbedtls_ssl_close_notify(&context_->ssl));
    tcp_.close();
    context_->release();
    reactor_.remove(*this);
    state_ = State::closed;
}

// Called from within read() or write(): on_closed has to wait for the reactor.
void TlsStream::end_soon(const Error& why) {
    why_ = why;
    state_ = State::ended;
    tcp_.close();
    context_->release();
}

void TlsStream::fail_with(const Error& why) {
    const Error told = why;                            // `why` may be why_
    if (state_ == State::open) state_ = State::ended;  // no goodbye over a connection that is gone
    close();
    handler_->on_closed(told);
}

}  // namespace esb::net
