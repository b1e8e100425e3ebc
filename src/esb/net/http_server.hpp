// The web server of the set-up portal: HTTP/1.1, one request a connection, a few connections, memory decided at start.
#pragma once

#include "esb/net/http_connection.hpp"

#include <array>
#include <cstdint>

namespace esb::net {

// Every connection is closed after its reply: phones keep idle connections open that others need. When all are taken,
// a new one takes the place of one that is done, has not sent its whole head, or has had its grace: the oldest first.
// A request that is lawful and prompt is therefore answered within two seconds, whatever other connections do.
// Destroyed before the reactor.
class HttpServer : private SocketOwner, private Task {
public:
    static constexpr std::size_t max_connections = 4;

    struct Counters {
        std::uint32_t accepted = 0;
        std::uint32_t evicted = 0;  // to make room for another
    };

    HttpServer(Reactor& reactor, HttpSite& site, const HttpServerLimits& limits = {});
    ~HttpServer() override { stop(); }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Listens at `at`. JSON bodies of up to body_memory.size() bytes are collected there, one at a time. `hosts` and
    // `body_memory` must stay until stop(). `busy` while listening; socket errors; `full` when the reactor has no room.
    Status start(const chip::Endpoint& at, HttpHosts hosts, MutBytes body_memory);
    // Closes everything at once. Idempotent. Not from within the site's callbacks.
    void stop();
    bool listening() const { return listener_ != chip::SocketId::none; }
    // No reply is under way (those that only wait for the other side to close do not count).
    bool idle() const;
    const Counters& counters() const { return counters_; }

private:
    void on_ready(bool readable, bool writable) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    HttpConnection* free_connection();
    bool all_taken() const;
    std::size_t next_to_yield() const;
    HttpConnection* first_waiting();
    void accept_one(Instant now);
    void pass_body_on(Instant now);
    void watch_listener(Instant now);

    HttpShared shared_;
    chip::SocketId listener_ = chip::SocketId::none;
    bool knocking_ = false;  // somebody waits to be accepted
    bool watching_ = false;  // the listener
    Counters counters_;
    std::array<HttpConnection, max_connections> connections_;
};

// On the ESP32 (pointers of 4 bytes) it is smaller.
static_assert(sizeof(HttpServer) <= 6400, "the memory of the server is promised in docs/architecture.md");

}  // namespace esb::net
