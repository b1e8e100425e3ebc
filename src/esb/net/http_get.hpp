// One HTTP/1.1 GET at a time, streamed (RFC 9110, 9112). Parsing is http_parser's.
#pragma once

#include "esb/net/stream.hpp"
#include "esb/net/tcp_stream.hpp"
#include "esb/net/url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind http_malformed{"http.malformed", "the web server's answer is malformed"};
inline constexpr ErrorKind http_status{"http.status", "the web server refuses the request"};  // detail: status code
inline constexpr ErrorKind http_header_too_large{"http.header_too_large", "the web server's header is too large"};
inline constexpr ErrorKind http_range{"http.range", "the web server's range is not the one asked for"};
inline constexpr ErrorKind http_truncated{"http.truncated", "the web server ended too early"};
inline constexpr ErrorKind http_too_slow{"http.too_slow", "the web server is too slow"};
inline constexpr ErrorKind http_https{"http.https", "https needs a trust anchor, and this firmware has none"};
}  // namespace esb::errors

namespace esb::net {

struct HttpHead {
    unsigned status = 0;                          // 200 or 206 when the handler sees it
    std::uint64_t offset = 0;                     // where the body begins: 0, or the start of the 206's Content-Range
    std::optional<std::uint64_t> content_length;  // of the body that follows
    std::optional<std::uint64_t> complete_size;   // of the whole resource, where the server says so
};

// Called from the reactor's task. An error returned from on_head or on_body ends the request with that error.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    virtual Status on_head(const HttpHead& head) = 0;
    virtual Status on_body(ConstBytes piece) = 0;
    // Exactly once for each started request, unless it is cancelled.
    virtual void on_done(Status outcome) = 0;
};

struct HttpLimits {
    Duration head_timeout = std::chrono::seconds(15);     // from the connection to the end of the header
    Duration silence_timeout = std::chrono::seconds(20);  // without one byte of body
    std::uint32_t minimum_rate = 512;                     // bytes a second, over any full minute
    Duration total_timeout = std::chrono::minutes(30);
    std::size_t max_header = 4096;  // bytes
};

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
    void finish(Status outcome);

    Reactor& reactor_;
    TcpStream tcp_;
    HttpLimits limits_;
    std::unique_ptr<Request> request_;  // made once, in the constructor
};

}  // namespace esb::net
