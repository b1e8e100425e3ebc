#include "esb/net/http_get.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/trace.hpp"
#include "esb/net/http_response.hpp"

#include <algorithm>
#include <array>
#include <new>

namespace esb::net {
namespace {

// Into the buffer of the request itself: it is too long for the stack.
struct Post {
    std::string_view type, body;
    bool is() const { return !type.empty(); }
};

Status write_request(const Url& url, std::uint64_t from, std::string_view if_range, const Post& post,
                     RequestText& text) {
    const std::uint16_t usual_port = url.tls ? 443 : 80;
    text.clear();
    ESB_TRY(text.append(post.is() ? "POST " : "GET "));
    ESB_TRY(text.append(url.target.empty() ? "/" : url.target));
    ESB_TRY(text.append(" HTTP/1.1\r\nHost: "));
    ESB_TRY(text.append(url.host));
    if (url.port != usual_port) {
        ESB_TRY(text.append(':'));
        ESB_TRY(text.append(decimal(url.port)));
    }
    // A coded body would not be the bytes the resource's digest is of.
    ESB_TRY(text.append("\r\nUser-Agent: esb\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n"));
    if (from > 0) {
        ESB_TRY(text.append("Range: bytes="));
        ESB_TRY(text.append(decimal(from)));
        ESB_TRY(text.append("-\r\n"));
    }
    if (from > 0 && !if_range.empty()) {
        ESB_TRY(text.append("If-Range: "));
        ESB_TRY(text.append(if_range));
        ESB_TRY(text.append("\r\n"));
    }
    if (post.is()) {
        ESB_TRY(text.append("Content-Type: "));
        ESB_TRY(text.append(post.type));
        ESB_TRY(text.append("\r\nContent-Transfer-Encoding: base64\r\nContent-Length: "));
        ESB_TRY(text.append(decimal(post.body.size())));
        ESB_TRY(text.append("\r\n\r\n"));
        return text.append(post.body);
    }
    return text.append("\r\n");
}

}  // namespace

struct HttpGet::Request {
    HttpHandler* handler = nullptr;  // while active
    std::uint32_t number = 0;        // tells a request from the one a handler has begun in its place
    std::uint64_t from = 0;
    FixedString<max_entity_tag> if_range;
    Post posted;
    UrlText url;                            // where we are: redirects change it
    FixedString<chip::max_host_name> host;  // its host
    RequestText text;                       // the request; once bytes have come: the Location of the answer
    std::size_t sent = 0;
    bool connected = false;
    bool answered = false;               // bytes have come
    FixedVector<std::uint32_t, 8> seen;  // CRCs of the URLs that were asked: a circle ends at once
    Instant opened{};
    Instant total_until{};
    Instant last_byte{};
    Instant window_start{};
    std::uint64_t window_bytes = 0;
    HttpResponse response;
    std::array<std::uint8_t, 2048> buffer;
};

HttpGet::HttpGet(Reactor& reactor, Names& names, const HttpLimits& limits)
    : reactor_(reactor), names_(names), tcp_(reactor, names), limits_(limits) {}

HttpGet::~HttpGet() { cancel(); }

bool HttpGet::active() const { return request_ && request_->handler != nullptr; }

std::string_view HttpGet::host() const { return request_ ? request_->host.view() : std::string_view(); }

void HttpGet::release() {
    if (active()) return;
    request_.reset();
#if ESB_CERTIFICATES
    tls_.reset();
#endif
}

Stream& HttpGet::stream() {
#if ESB_CERTIFICATES
    if (secure_) return *tls_;
#endif
    return tcp_;
}

Status HttpGet::start(std::string_view url, std::uint64_t from, HttpHandler& handler, std::string_view if_range) {
    if (active()) return fail(errors::busy);
    if (!request_) request_.reset(new (std::nothrow) Request);
    if (!request_) return fail(errors::no_memory);
    request_->from = from;
    request_->posted = {};
    ESB_TRY(request_->if_range.assign(if_range));
    return begin(url, handler);
}

Status HttpGet::post(std::string_view url, std::string_view type, std::string_view body, HttpHandler& handler) {
    if (active()) return fail(errors::busy);
    if (!request_) request_.reset(new (std::nothrow) Request);
    if (!request_) return fail(errors::no_memory);
    request_->from = 0;
    request_->posted = {type, body};
    request_->if_range.clear();
    return begin(url, handler);
}

Status HttpGet::begin(std::string_view url, HttpHandler& handler) {
    auto& request = *request_;
    request.host.clear();
    if (const auto parsed = parse_url(url); !parsed) return fail(parsed.error());
    static_cast<void>(request.url.assign(url));  // parse_url has seen that it fits
    request.seen.clear();
    secure_ = false;
    ESB_TRY(reactor_.add(*this));
    request.handler = &handler;
    ++request.number;
    request.total_until = reactor_.now() + limits_.total_timeout;
    const auto opening = open();
    if (!opening) cancel();
    return opening;
}

// To where request.url says.
Status HttpGet::open() {
    auto& request = *request_;
    const auto url = parse_url(request.url);
    if (!url) return fail(url.error());
    ESB_TRY(request.host.assign(url->host));
    ESB_TRY(request.handler->on_host(url->host));
    if (secure_ && !url->tls) return fail(errors::http_downgrade);
    ESB_TRY(request.seen.push_back(crc32(as_bytes(request.url))));
    ESB_TRY(write_request(*url, request.from, request.if_range, request.posted, request.text));
    request.sent = 0;
    request.connected = false;
    request.answered = false;
    trace::event("http", "request",
                 {{"method", request.posted.is() ? "POST" : "GET"},
                  {"host", url->host},
                  {"port", url->port},
                  {"path", url->target.substr(0, url->target.find('?'))},
                  {"from", request.from}});
    return open_stream(*url);
}

Status HttpGet::open_stream(const Url& url) {
#if ESB_CERTIFICATES
    if (url.tls) return open_tls(url);
#endif
    if (url.tls) return fail(errors::http_https);
    return tcp_.open(url.host, url.port, *this);
}

#if ESB_CERTIFICATES
Status HttpGet::open_tls(const Url& url) {
    if (trust_ == nullptr) return fail(errors::http_https);
    if (!tls_) tls_.reset(new (std::nothrow) TlsStream(reactor_, names_, *entropy_));
    if (!tls_) return fail(errors::no_memory);
    const auto pins = trust_->pins();
    TlsConfig config;
    config.trust = pins.empty() ? TlsTrust::ca : TlsTrust::pin;
    config.pins = {pins.begin(), pins.end()};
    config.credentials = trust_;
    ESB_TRY(tls_->configure(config));
    secure_ = true;
    return tls_->open(url.host, url.port, *this);
}
#endif

void HttpGet::cancel() {
    if (!active()) return;
    request_->response.cancel();
    request_->connected = false;
    request_->handler = nullptr;
    stream().close();
    reactor_.remove(*this);
}

void HttpGet::finish(Status outcome) {
    auto* const handler = request_->handler;
    trace::event("http", "done",
                 {{"outcome", outcome ? "ok" : outcome.error().name()}, {"detail", outcome ? 0 : outcome.error().detail()}});
    cancel();
    handler->on_done(outcome);
}

void HttpGet::on_open() {
    auto& request = *request_;
    // Only here: start() may be called from within a call of the parser it would overwrite.
    request.response.begin(*request.handler, request.from, limits_.max_header, &request.text);
    request.connected = true;
    request.opened = reactor_.now();
    send_request();
}

void HttpGet::on_writable() { send_request(); }

void HttpGet::send_request() {
    auto& request = *request_;
    while (!request.answered && request.sent < request.text.size()) {
        const auto taken = stream().write(as_bytes(request.text).subspan(request.sent));
        // After another error than would_block, on_closed tells of it.
        if (!taken) return;
        request.sent += *taken;
    }
}

// One piece a turn, so that a fast server does not keep the others from their turn.
void HttpGet::on_readable() {
    auto& request = *request_;
    const auto got = stream().read(request.buffer);
    if (!got && got.error() == errors::would_block) return;
    if (!got) return finish(got.error() == errors::closed ? request.response.end() : fail(got.error()));

    if (!request.answered) request.text.clear();  // it has been sent, or does not matter any more
    request.answered = true;
    const auto number = request.number;
    const bool head_was_seen = request.response.head_seen();
    const auto fed = request.response.feed(ConstBytes(request.buffer).first(*got));
    if (!active() || request.number != number) return;  // the handler has cancelled it
    if (request.response.redirects() && !request.posted.is()) return follow();
    if (!fed) return finish(fed);
    if (request.response.complete()) return finish({});
    take_note(head_was_seen, *got);
}

void HttpGet::take_note(bool head_was_seen, std::size_t bytes) {
    auto& request = *request_;
    request.last_byte = reactor_.now();
    if (!head_was_seen) {
        request.window_start = request.last_byte;
        request.window_bytes = 0;
    }
    request.window_bytes += bytes;
}

void HttpGet::follow() {
    stream().close();
    if (const auto gone = go_elsewhere(); !gone) finish(gone);
}

Status HttpGet::go_elsewhere() {
    auto& request = *request_;
    if (request.seen.size() > limits_.max_redirects) return fail(errors::http_redirects);
    if (!resolve_url(request.url, request.text)) return fail(errors::http_location);
    const auto crc = crc32(as_bytes(request.url));
    if (std::find(request.seen.begin(), request.seen.end(), crc) != request.seen.end()) {
        return fail(errors::http_redirects);
    }
    return open();
}

void HttpGet::on_closed(const Error& why) { finish(fail(why)); }

void HttpGet::step(Instant now) {
    const auto& request = *request_;
    if (now >= request.total_until) return finish(fail(errors::http_slow));
    if (!request.connected) return;  // the stream has a deadline of its own
    if (request.response.head_seen()) return judge_speed(now);
    if (now < request.opened + limits_.head_timeout) return;
    const bool drips = request.answered && now < request.last_byte + limits_.head_timeout / 2;
    finish(fail(drips ? errors::http_slow : errors::http_silent));
}

void HttpGet::judge_speed(Instant now) {
    auto& request = *request_;
    if (now >= request.last_byte + limits_.silence_timeout) return finish(fail(errors::http_silent));
    if (now < request.window_start + limits_.rate_window) return;
    const auto elapsed = static_cast<std::uint64_t>((now - request.window_start).count());
    if (request.window_bytes * 1000 < elapsed * limits_.minimum_rate) {
        const bool silent = now >= request.last_byte + limits_.silence_timeout / 2;
        return finish(fail(silent ? errors::http_silent : errors::http_slow));
    }
    request.window_start = now;
    request.window_bytes = 0;
}

std::optional<Instant> HttpGet::deadline() const {
    const auto& request = *request_;
    if (!request.connected) return request.total_until;
    if (!request.response.head_seen()) return earliest(request.total_until, request.opened + limits_.head_timeout);
    const auto speed =
        earliest(request.last_byte + limits_.silence_timeout, request.window_start + limits_.rate_window);
    return earliest(request.total_until, speed);
}

}  // namespace esb::net
