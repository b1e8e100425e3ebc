#include "esb/net/http_get.hpp"

#include "esb/base/encoding.hpp"
#include "esb/net/http_response.hpp"

#include <array>

namespace esb::net {
namespace {

constexpr std::size_t max_request = 512;  // a URL and the fixed lines
constexpr Duration rate_window = std::chrono::minutes(1);

using RequestText = FixedString<max_request>;

Result<RequestText> write_request(const Url& url, std::uint64_t from) {
    const std::uint16_t usual_port = 80;
    RequestText text;
    ESB_TRY(text.append("GET "));
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
    ESB_TRY(text.append("\r\n"));
    return text;
}

}  // namespace

struct HttpGet::Request {
    HttpHandler* handler = nullptr;  // while active
    std::uint32_t number = 0;        // tells a request from the one a handler has begun in its place
    std::uint64_t from = 0;
    RequestText text;
    std::size_t sent = 0;
    bool connected = false;
    Instant opened{};
    Instant total_until{};
    Instant last_byte{};
    Instant window_start{};
    std::uint64_t window_bytes = 0;
    HttpResponse response;
    std::array<std::uint8_t, 2048> buffer;
};

HttpGet::HttpGet(Reactor& reactor, Names& names, const HttpLimits& limits)
    : reactor_(reactor), tcp_(reactor, names), limits_(limits), request_(std::make_unique<Request>()) {}

HttpGet::~HttpGet() { cancel(); }

bool HttpGet::active() const { return request_->handler != nullptr; }

Status HttpGet::start(std::string_view url, std::uint64_t from, HttpHandler& handler) {
    if (active()) return fail(errors::busy);
    const auto parsed = parse_url(url);
    if (!parsed) return fail(parsed.error());
    if (parsed->tls) return fail(errors::http_https);
    const auto text = write_request(*parsed, from);
    if (!text) return fail(text.error());
    ESB_TRY(reactor_.add(*this));
    if (const auto opening = tcp_.open(parsed->host, parsed->port, *this); !opening) {
        reactor_.remove(*this);
        return opening;
    }
    auto& request = *request_;
    request.handler = &handler;
    ++request.number;
    request.from = from;
    request.text = *text;
    request.sent = 0;
    request.connected = false;
    request.total_until = reactor_.now() + limits_.total_timeout;
    return {};
}

void HttpGet::cancel() {
    if (!active()) return;
    request_->response.cancel();
    request_->handler = nullptr;
    tcp_.close();
    reactor_.remove(*this);
}

void HttpGet::finish(Status outcome) {
    auto* const handler = request_->handler;
    cancel();
    handler->on_done(outcome);
}

void HttpGet::on_open() {
    auto& request = *request_;
    // Only here: start() may be called from within a call of the parser it would overwrite.
    request.response.begin(*request.handler, request.from, limits_.max_header);
    request.connected = true;
    request.opened = reactor_.now();
    send_request();
}

void HttpGet::on_writable() { send_request(); }

void HttpGet::send_request() {
    auto& request = *request_;
    while (request.sent < request.text.size()) {
        const auto taken = tcp_.write(as_bytes(request.text).subspan(request.sent));
        // After another error than would_block, on_closed tells of it.
        if (!taken) return;
        request.sent += *taken;
    }
}

// One piece a turn, so that a fast server does not keep the others from their turn.
void HttpGet::on_readable() {
    auto& request = *request_;
    const auto got = tcp_.read(request.buffer);
    if (!got && got.error() == errors::would_block) return;
    if (!got) return finish(got.error() == errors::closed ? request.response.end() : fail(got.error()));

    const auto number = request.number;
    const bool head_was_seen = request.response.head_seen();
    const auto fed = request.response.feed(ConstBytes(request.buffer).first(*got));
    if (!active() || request.number != number) return;  // the handler has cancelled it
    if (!fed) return finish(fed);
    if (request.response.complete()) return finish({});
    if (!request.response.head_seen()) return;
    request.last_byte = reactor_.now();
    if (!head_was_seen) {
        request.window_start = request.last_byte;
        request.window_bytes = 0;
    }
    request.window_bytes += *got;
}

void HttpGet::on_closed(const Error& why) { finish(fail(why)); }

void HttpGet::step(Instant now) {
    const auto& request = *request_;
    if (now >= request.total_until) return finish(fail(errors::http_too_slow));
    if (!request.connected) return;
    if (request.response.head_seen()) return judge_speed(now);
    if (now >= request.opened + limits_.head_timeout) finish(fail(errors::http_too_slow));
}

void HttpGet::judge_speed(Instant now) {
    auto& request = *request_;
    if (now >= request.last_byte + limits_.silence_timeout) return finish(fail(errors::http_too_slow));
    if (now < request.window_start + rate_window) return;
    const auto elapsed = static_cast<std::uint64_t>((now - request.window_start).count());
    if (request.window_bytes * 1000 < elapsed * limits_.minimum_rate) return finish(fail(errors::http_too_slow));
    request.window_start = now;
    request.window_bytes = 0;
}

std::optional<Instant> HttpGet::deadline() const {
    const auto& request = *request_;
    if (!request.connected) return request.total_until;
    if (!request.response.head_seen()) return earliest(request.total_until, request.opened + limits_.head_timeout);
    const auto speed = earliest(request.last_byte + limits_.silence_timeout, request.window_start + rate_window);
    return earliest(request.total_until, speed);
}

}  // namespace esb::net
