// One HTTP/1.1 GET at a time, streamed (RFC 9110, 9112). Parsing is http_parser's.
#pragma once

#include "esb/net/http_types.hpp"
#include "esb/net/stream.hpp"
#include "esb/net/tcp_stream.hpp"
#include "esb/net/url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::net {

// Reactor's task only. Redirects are not followed: http_status with the code.
class HttpGet : private StreamHandler, private Task {
public:
    HttpGet(Reactor& reactor, Names& names, const HttpLimits& limits = {});
    ~HttpGet() override;

    // Starts a request; with `from` > 0 it asks for the rest of the resource (Range) and accepts a 200 as well, which
    // the handler sees by head.offset == 0. url_bad, url_scheme, http_https, `busy`. `url` is copied.
    Status start(std::string_view url, std::uint64_t from, HttpHandler& handler);
    // No callback comes afterwards.
    void cancel();
    bool active() const;

private:
    struct Request;

    void on_open() override;
    void on_readable() override;
    void on_writable() override;
    void on_closed(const Error& why) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    void send_request();
    void judge_speed(Instant now);
    void finish(Status outcome);

    Reactor& reactor_;
    TcpStream tcp_;
    HttpLimits limits_;
    std::unique_ptr<Request> request_;  // made once, in the constructor
};

}  // namespace esb::net
