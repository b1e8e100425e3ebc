#include "esb/net/tcp_stream.hpp"

namespace esb::net {

TcpStream::TcpStream(Reactor& reactor, Names& names, Duration open_timeout)
    : reactor_(reactor), names_(names), open_timeout_(open_timeout) {}

TcpStream::~TcpStream() { close(); }

Status TcpStream::open(std::string_view host, std::uint16_t port, StreamHandler& handler) {
    if (state_ != State::closed) return fail(errors::busy);
    ESB_TRY(reactor_.add(*this));
    if (const auto asked = names_.ask(host, *this); !asked) {
        reactor_.remove(*this);
        return asked;
    }
    handler_ = &handler;
    port_ = port;
    wants_write_ = paused_ = false;
    opening_until_ = reactor_.now() + open_timeout_;
    state_ = State::resolving;
    return {};
}

Result<std::size_t> TcpStream::read(MutBytes out) {
    if (out.empty()) return fail(errors::invalid_argument);
    if (state_ != State::open && state_ != State::ended) return fail(errors::closed);
    if (drained_) return fail(errors::would_block);
    // Even when writing has failed already: what the other side said before it left may tell why.
    const auto got = reactor_.sockets().receive(socket_, out);
    if (got) {
        drained_ = *got < out.size() && state_ == State::open;
        return got;
    }
    if (state_ == State::ended) return fail(why_);
    if (got.error() != errors::would_block) end_soon(got.error());
    return got;
}

Result<std::size_t> TcpStream::write(ConstBytes bytes) {
    if (bytes.empty()) return fail(errors::invalid_argument);
    if (state_ == State::ended) return fail(why_);
    if (state_ != State::open) return fail(errors::closed);
    const auto taken = reactor_.sockets().send(socket_, bytes);
    if (taken) return taken;
    if (taken.error() != errors::would_block) {
        end_soon(taken.error());
        return taken;
    }
    wants_write_ = true;
    static_cast<void>(watch());  // it is watched already, so there is room
    return taken;
}

void TcpStream::pause(bool paused) {
    paused_ = paused;
    if (state_ == State::open) static_cast<void>(watch());  // as in write()
}

void TcpStream::close() {
    if (state_ == State::closed) return;
    names_.cancel(*this);
    reactor_.unwatch(socket_);
    reactor_.sockets().close(socket_);
    reactor_.remove(*this);
    socket_ = chip::SocketId::none;
    state_ = State::closed;
}

void TcpStream::on_address(Result<chip::IpAddress> address) {
    if (!address) return fail_with(address.error());
    const auto socket = reactor_.sockets().connect({*address, port_});
    if (!socket) return fail_with(socket.error());
    socket_ = *socket;
    state_ = State::connecting;
    if (const auto watched = watch(); !watched) fail_with(watched.error());
}

void TcpStream::on_ready(bool readable, bool writable) {
    if (state_ == State::connecting) return connected();
    drained_ = drained_ && !readable;
    if (readable && !paused_) handler_->on_readable();
    // The handler may have closed the stream, and even have begun to open it anew.
    if (state_ != State::open || !writable || !wants_write_) return;
    wants_write_ = false;
    static_cast<void>(watch());
    handler_->on_writable();
}

void TcpStream::connected() {
    const auto outcome = reactor_.sockets().connected(socket_);
    if (!outcome && outcome.error() == errors::would_block) return;
    if (!outcome) return fail_with(outcome.error());
    state_ = State::open;
    drained_ = false;
    static_cast<void>(watch());
    handler_->on_open();
}

Status TcpStream::watch() {
    const bool connecting = state_ == State::connecting;
    return reactor_.watch(socket_, *this, !connecting && !paused_, connecting || wants_write_);
}

void TcpStream::step(Instant now) {
    if (state_ == State::ended) return fail_with(why_);
    if (state_ == State::open || now < opening_until_) return;
    fail_with(Error(state_ == State::resolving ? errors::dns_failed : errors::socket_timed_out));
}

std::optional<Instant> TcpStream::deadline() const {
    if (state_ == State::ended) return Instant::min();
    if (state_ == State::open) return std::nullopt;
    return opening_until_;
}

// Called from within read() or write(): on_closed has to wait for the reactor.
void TcpStream::end_soon(const Error& why) {
    reactor_.unwatch(socket_);
    why_ = why;
    drained_ = false;
    state_ = State::ended;
}

void TcpStream::fail_with(const Error& why) {
    const Error told = why;  // `why` may be why_
    close();
    handler_->on_closed(told);
}

}  // namespace esb::net
