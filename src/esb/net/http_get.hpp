// One HTTP/1.1 GET, or a short POST, at a time, streamed (RFC 9110, 9112). Parsing is http_parser's.
#pragma once

#include "esb/base/features.hpp"
#include "esb/net/http_types.hpp"
#include "esb/net/stream.hpp"
#include "esb/net/tcp_stream.hpp"
#include "esb/net/tls_stream.hpp"
#include "esb/net/url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace esb::net {

// Redirects (301, 302, 303, 307, 308) are followed, from https never to http; their bodies are not read.
class HttpGet : private StreamHandler, private Task {
public:
    HttpGet(Reactor& reactor, Names& names, const HttpLimits& limits = {});
    ~HttpGet() override;

#if ESB_CERTIFICATES
    // Whom https is trusted by, from the next start() on; null, as at first: nobody, and https is http_https.
    void use_trust(TlsCredentials* trust, chip::Entropy& entropy) {
        trust_ = trust;
        entropy_ = &entropy;
    }
#endif

    // Starts a request; with `from` > 0 it asks for the rest of the resource (Range) and accepts a 200 as well, which
    // the handler sees by head.offset == 0. `if_range`: the strong entity tag that the rest must belong to; empty: any.
    // All is copied. url_*, http_https, `busy`, `no_memory`, what on_host() returned, errors of the stream.
    Status start(std::string_view url, std::uint64_t from, HttpHandler& handler, std::string_view if_range = {});
    // The same as a POST of this text, which must stay until the end. An answer that leads elsewhere is http_status.
    Status post(std::string_view url, std::string_view type, std::string_view body, HttpHandler& handler);
    // No callback comes afterwards.
    void cancel();
    // Gives back the memory of the latest request (9 KB, 2 more after https), taken by start(); host() is empty then.
    // Nothing while active; not from within a call of the handler.
    void release();
    bool active() const;
    // Of whom the outcome speaks: the host asked last, or the one a redirect led to in vain.
    std::string_view host() const;

private:
    struct Request;

    void on_open() override;
    void on_readable() override;
    void on_writable() override;
    void on_closed(const Error& why) override;
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;
    Status begin(std::string_view url, HttpHandler& handler);
    Stream& stream();
    Status open();
    Status open_stream(const Url& url);
    void send_request();
    void follow();
    Status go_elsewhere();
    void take_note(bool head_was_seen, std::size_t bytes);
    void judge_speed(Instant now);
    void finish(Status outcome);

    Reactor& reactor_;
    Names& names_;
    TcpStream tcp_;
#if ESB_CERTIFICATES
    Status open_tls(const Url& url);
    TlsCredentials* trust_ = nullptr;
    chip::Entropy* entropy_ = nullptr;
    std::unique_ptr<TlsStream> tls_;  // from the first https on until release()
#endif
    bool secure_ = false;  // the present connection
    HttpLimits limits_;
    std::unique_ptr<Request> request_;
};

}  // namespace esb::net
