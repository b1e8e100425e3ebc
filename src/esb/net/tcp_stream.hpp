// A plain TCP connection.
#pragma once

#include "esb/base/time.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/net/stream.hpp"

namespace esb::net {

// Resolves, connects, reads and writes.
class TcpStream : public Stream, private SocketOwner, private Names::Asker, private Task {
public:
    TcpStream(Reactor& reactor, Names& names, Duration open_timeout = std::chrono::seconds(15));
    ~TcpStream() override;

    Status open(std::string_view host, std::uint16_t port, StreamHandler& handler) override;
    Result<std::size_t> read(MutBytes out) override;
    bool read_empty() const override { return drained_; }
    Result<std::size_t> write(ConstBytes bytes) override;
    void pause(bool paused) override;
    void close() override;
    bool is_open() const override { return state_ == State::open; }

private:
    enum class State : std::uint8_t { closed, resolving, connecting, open, ended };

    void on_address(Result<chip::IpAddress> address) override;
    void on_ready(bool readable, bool writable) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    void connected();
    Status watch();
    void end_soon(const Error& why);
    void fail_with(const Error& why);

    Reactor& reactor_;
    Names& names_;
    Duration open_timeout_;
    StreamHandler* handler_ = nullptr;
    State state_ = State::closed;
    chip::SocketId socket_ = chip::SocketId::none;
    std::uint16_t port_ = 0;
    bool wants_write_ = false;
    bool paused_ = false;
    bool drained_ = false;  // a read gave less than it might have: nothing is left until the socket is readable anew
    Instant opening_until_{};
    Error why_{errors::closed};  // once ended; on_closed follows
};

}  // namespace esb::net
