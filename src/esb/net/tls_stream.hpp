// TLS (>= 1.2) over TCP. How it knows the other side: tls_config.hpp.
#pragma once

#include "esb/chip/entropy.hpp"
#include "esb/net/errors.hpp"
#include "esb/net/tcp_stream.hpp"
#include "esb/net/tls_config.hpp"

#include <memory>
#include <string_view>

namespace esb::net {

// The deadline of the handshake is a total: from TCP's connection to the end, however busily the peer drips. A peer whose
// first bytes are no TLS record, or that hangs up without one, is tls_not_tls at once.
// Mbed TLS allocates during the handshake; no_memory (or, where Mbed TLS hides the
// cause, tls_protocol) ends the stream, nothing leaks.
class TlsStream : public Stream, private StreamHandler, private Task {
public:
    TlsStream(Reactor& reactor, Names& names, chip::Entropy& entropy, const StreamLimits& limits = {});
    ~TlsStream() override;

    // What the next open() uses. no_memory when the constructor got none, too_short, too_long, invalid_argument (also
    // where this firmware knows no certificates); `busy` unless closed.
    Status configure(const TlsConfig& config);

    // tls_setup before configure().
    Status open(std::string_view host, std::uint16_t port, StreamHandler& handler) override;
    Result<std::size_t> read(MutBytes out) override;
    Result<std::size_t> write(ConstBytes bytes) override;
    void pause(bool paused) override;
    void close() override;
    bool is_open() const override;
    // TCP is up, TLS is not yet.
    bool handshaking() const { return state_ == State::handshaking; }

    // "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256" once open, else empty.
    std::string_view suite() const;

    // The other side has turned out to be the right one: where credentials have room for it, the session is kept for a
    // later open() with the same host, port, credentials (also of another TlsStream). Once for each connection.
    void keep_session();
    // A session was offered, and keep_session() was not called since: what went wrong may be for that, and the next open()
    // will not offer it.
    bool session_unproven() const;
    // Open, with an earlier session.
    bool resumed() const;

private:
    struct Context;  // Mbed TLS's objects; its heap is held while a connection is under way or open
    enum class State : std::uint8_t { closed, connecting, handshaking, open, ended };

    void on_open() override;
    void on_readable() override;
    void on_writable() override;
    void on_closed(const Error& why) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    void handshake();
    void end_soon(const Error& why);
    void fail_with(const Error& why);

    Reactor& reactor_;
    chip::Entropy& entropy_;
    TcpStream tcp_;
    Duration handshake_timeout_;
    std::unique_ptr<Context> context_;  // made once, in the constructor
    StreamHandler* handler_ = nullptr;
    State state_ = State::closed;
    bool paused_ = false;
    Instant handshake_until_{};
    Error why_{errors::closed};  // once ended; on_closed follows
};

}  // namespace esb::net
