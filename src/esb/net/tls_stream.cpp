#include "esb/net/tls_stream.hpp"

#include "esb/base/trace.hpp"
#include "esb/net/tls_context.hpp"
#include "esb/net/tls_library.hpp"

#include <new>

namespace esb::net {

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
    context_->port = port;
#endif
    ESB_TRY(reactor_.add(*this));
    if (const auto opening = tcp_.open(host, port, *this); !opening) {
        reactor_.remove(*this);
        return opening;
    }
    handler_ = &handler;
    paused_ = false;
    state_ = State::connecting;
    trace::event("tls", "connecting", {{"host", host}, {"port", port}});
    return {};
}

bool TlsStream::is_open() const { return state_ == State::open; }

std::string_view TlsStream::suite() const {
    return is_open() ? std::string_view(mbedtls_ssl_get_ciphersuite(&context_->ssl)) : std::string_view();
}

void TlsStream::keep_session() {
#if ESB_CERTIFICATES
    if (is_open() && context_->credentials != nullptr) context_->resumption.keep(context_->ssl, *context_->credentials);
#endif
}

bool TlsStream::session_unproven() const {
#if ESB_CERTIFICATES
    return context_ && context_->trust != TlsTrust::psk && context_->resumption.unproven();
#else
    return false;
#endif
}

bool TlsStream::resumed() const {
#if ESB_CERTIFICATES
    return is_open() && context_->trust != TlsTrust::psk && context_->resumption.resumed();
#else
    return false;
#endif
}

void TlsStream::on_open() {
    state_ = State::handshaking;
    handshake_until_ = reactor_.now() + handshake_timeout_;
    trace::event("tls", "handshake", {});
    if (const auto made = context_->make(); !made) return fail_with(made.error());
    handshake();
}

void TlsStream::handshake() {
    const int code = mbedtls_ssl_handshake(&context_->ssl);
    if (context_->not_tls()) return fail_with(Error(errors::tls_not_tls));
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return;
    if (code != 0 || !handshake_over(context_->ssl)) return fail_with(context_->error_of(code, true));
    if (!context_->handshake_done()) return fail_with(Error(errors::tls_protocol));
    state_ = State::open;
    if (trace::on()) trace::event("tls", "open", {{"suite", suite()}, {"resumed", resumed()}});
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
    if (state_ == State::open && !paused_ && context_->has_rest()) handler_->on_readable();
}

std::optional<Instant> TlsStream::deadline() const {
    if (state_ == State::ended) return Instant::min();
    if (state_ == State::handshaking) return handshake_until_;
    if (state_ == State::open && !paused_ && context_->has_rest()) return Instant::min();
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

void TlsStream::pause(bool paused) {
    paused_ = paused;
    tcp_.pause(paused);
}

void TlsStream::close() {
    if (state_ == State::closed) return;
    if (state_ == State::open) trace::event("tls", "closed", {});
    if (state_ == State::open) static_cast<void>(mbedtls_ssl_close_notify(&context_->ssl));
    tcp_.close();
    context_->release();
    reactor_.remove(*this);
    state_ = State::closed;
}

// Called from within read() or write(): on_closed has to wait for the reactor.
void TlsStream::end_soon(const Error& why) {
    trace::event("tls", "ended", {{"why", why.name()}});
    why_ = why;
    state_ = State::ended;
    tcp_.close();
    context_->release();
}

void TlsStream::fail_with(const Error& why) {
    const Error told = why;                            // `why` may be why_
    if (state_ != State::ended) trace::event("tls", "ended", {{"why", told.name()}});
    if (state_ == State::open) state_ = State::ended;  // no goodbye over a connection that is gone
    close();
    handler_->on_closed(told);
}

}  // namespace esb::net
