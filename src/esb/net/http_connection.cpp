#include "esb/net/http_connection.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"
#include "esb/base/trace.hpp"
#include "esb/net/http_head.hpp"

#include <algorithm>
#include <utility>

namespace esb::net {
namespace {

// Of one connection in one turn, so that the others get theirs.
constexpr int reads_a_turn = 4;
constexpr int sends_a_turn = 8;

constexpr std::size_t chunk_line = 5;  // "2f8\r\n"
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

void HttpConnection::open(chip::SocketId socket) {
    socket_ = socket;
    out_ = Out::nothing;
    is_head_ = framed_ = ends_by_closing_ = false;
    body_size_ = body_got_ = 0;
    parser_.begin(shared_->hosts, shared_->port);
    enter(Stage::head, shared_->limits.head_timeout);
    watch(true, false);
    if (stage_ == Stage::head) read_some();  // the request may have come along
}

void HttpConnection::close() {
    if (stage_ == Stage::unused) return;
    const bool lost = stage_ == Stage::upload;
    release();
    shared_->reactor.unwatch(socket_);
    shared_->reactor.sockets().close(socket_);
    socket_ = chip::SocketId::none;
    stage_ = Stage::unused;
    pending_ = fixed_ = {};
    body_ = {};
    wipe(io_);
    if (lost) shared_->site.on_upload_lost();
}

// Gives back what only one connection may have.
void HttpConnection::release() {
    if (shared_->body_owner == this) {
        wipe(shared_->body);
        shared_->body_owner = nullptr;
    }
    if (shared_->uploader == this) shared_->uploader = nullptr;
}

void HttpConnection::enter(Stage stage, Duration longest) {
    stage_ = stage;
    since_ = shared_->reactor.now();
    until_ = since_ + longest;
}

void HttpConnection::watch(bool read, bool write) {
    // Without an interest the socket is not watched at all: a broken one would make every wait return at once.
    if (!read && !write) return shared_->reactor.unwatch(socket_);
    if (!shared_->reactor.watch(socket_, *this, read, write)) close();
}

// A request that is not whole has no grace, whatever part of it is missing: an attacker would have as much, and comes
// back at once. The one that has the buffer of bodies keeps its place as long as the buffer. A reply is protected while
// somebody takes it, an upload while pieces of it come: it is the longest and the last to go.
HttpConnection::Yield HttpConnection::yield() const {
    const auto& limits = shared_->limits;
    switch (stage_) {
        case Stage::lingering:
            return {0, since_};
        case Stage::sending:
            return {2, std::min(progress_ + limits.send_grace, since_ + limits.grace)};
        case Stage::upload:
            return {3, progress_ + limits.grace};
        default:
            return {1, shared_->body_owner == this ? since_ + limits.body_grace : since_};
    }
}

bool HttpConnection::upload_stands_still() const {
    return shared_->reactor.now() >= progress_ + shared_->limits.upload_grace;
}

void HttpConnection::step(Instant now) {
    if (stage_ == Stage::unused || now < *deadline()) return;
    if (stage_ == Stage::sending || stage_ == Stage::lingering) return close();
    if (stage_ == Stage::head && !parser_.begun()) return close();
    refuse(Error(stage_ == Stage::waiting ? errors::web_busy : errors::web_too_slow));
}

std::optional<Instant> HttpConnection::deadline() const {
    if (stage_ == Stage::unused) return std::nullopt;
    if (stage_ == Stage::upload) return std::min(until_, progress_ + shared_->limits.upload_silence);
    return until_;
}

void HttpConnection::on_ready(bool readable, bool writable) {
    if (writable && stage_ == Stage::sending) send_some();
    if (readable && stage_ != Stage::unused && stage_ != Stage::sending) read_some();
}

void HttpConnection::read_some() {
    for (int i = 0; i < reads_a_turn; ++i) {
        const auto place = room();
        const auto got = shared_->reactor.sockets().receive(socket_, place);
        if (!got && got.error() == errors::would_block) return;
        if (!got) return close();  // it has gone, or will send no more of a request that is not whole
        take(place.first(*got));
        const bool reads = stage_ == Stage::head || stage_ == Stage::body || stage_ == Stage::upload;
        if (!reads && stage_ != Stage::lingering) return;
    }
}

// Where the next bytes go: a body to its place at once, and no further than its end.
MutBytes HttpConnection::room() { return stage_ == Stage::body ? body_.subspan(body_got_) : MutBytes(io_); }

void HttpConnection::take(ConstBytes bytes) {
    switch (stage_) {
        case Stage::head:
            return take_head(bytes);
        case Stage::body:
            return take_body(bytes.size());
        case Stage::upload:
            return take_upload(bytes);
        default:
            return;  // lingering: whatever follows the request is not looked at
    }
}

void HttpConnection::take_head(ConstBytes bytes) {
    const auto used = parser_.feed(bytes);
    if (!used) return refuse(used.error());
    if (parser_.complete()) begin_request(bytes.subspan(*used));
}

void HttpConnection::begin_request(ConstBytes rest) {
    const auto request = parser_.request();
    is_head_ = request.method == HttpMethod::head;
    body_size_ = request.content_length;
    if (!request.ours) return reply(shared_->site.on_foreign_host(request));
    if (request.method != HttpMethod::post) return reply(shared_->site.on_request(request, {}));
    if (request.content == HttpContent::json) return begin_json(rest);
    begin_upload(rest);
}

// A small body is collected where it arrived and waits for nobody; only a larger one needs the buffer.
void HttpConnection::begin_json(ConstBytes rest) {
    if (body_size_ > shared_->body.size()) return refuse(Error(errors::web_body_too_large));
    const auto first = rest.first(std::min<std::size_t>(rest.size(), body_size_));
    copy(first, io_);
    body_got_ = static_cast<std::uint32_t>(first.size());
    enter(Stage::waiting, shared_->limits.body_timeout);
    if (body_got_ < body_size_) ask_for_body();
    if (body_size_ <= io_.size()) return collect(io_);
    if (shared_->body_owner == nullptr) return claim_body();
    watch(false, false);  // what came first stays in io_; nothing more is read meanwhile
}

void HttpConnection::claim_body() {
    shared_->body_owner = this;
    copy(ConstBytes(io_).first(body_got_), shared_->body);
    collect(shared_->body);
}

void HttpConnection::collect(MutBytes place) {
    body_ = place.first(body_size_);
    stage_ = Stage::body;  // its deadline is that of waiting and body together
    since_ = shared_->reactor.now();
    watch(true, false);
    if (stage_ == Stage::body) take_body(0);
}

void HttpConnection::take_body(std::size_t size) {
    body_got_ += static_cast<std::uint32_t>(size);
    if (body_got_ < body_size_) return;
    const auto answer = shared_->site.on_request(parser_.request(), body_);
    wipe(io_);
    reply(answer);
}

// Whoever waits to be asked (RFC 9110 §10.1.1). Nothing was sent before, so there is room for it; without the line such
// a client goes on by itself after a while.
void HttpConnection::ask_for_body() {
    if (!parser_.request().expects_continue) return;
    static_cast<void>(shared_->reactor.sockets().send(socket_, as_bytes(interim)));
}

void HttpConnection::begin_upload(ConstBytes rest) {
    auto* const other = shared_->uploader;
    if (other != nullptr && !other->upload_stands_still()) return refuse(Error(errors::web_busy));
    if (other != nullptr) other->refuse(Error(errors::web_too_slow));
    if (const auto refusal = shared_->site.on_upload(parser_.request())) return reply(*refusal);
    shared_->uploader = this;
    enter(Stage::upload, shared_->limits.upload_timeout);
    progress_ = since_;
    progress_at_ = 0;
    if (rest.size() < body_size_) ask_for_body();
    take_upload(rest);
}

void HttpConnection::take_upload(ConstBytes bytes) {
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), body_size_ - body_got_));
    if (!piece.empty()) {
        if (const auto refusal = shared_->site.on_upload_piece(piece)) return reply(*refusal);
    }
    body_got_ += static_cast<std::uint32_t>(piece.size());
    if (body_got_ == body_size_) return reply(shared_->site.on_upload_end());
    if (body_got_ - progress_at_ < shared_->limits.upload_piece) return;
    progress_ = shared_->reactor.now();
    progress_at_ = body_got_;
}

void HttpConnection::refuse(const Error& why) {
    const bool lost = stage_ == Stage::upload;
    HttpReply answer;
    answer.status = http_status_of(why);
    answer.body = as_bytes(why.text());
    reply(answer);
    if (lost) shared_->site.on_upload_lost();
}

void HttpConnection::reply(const HttpReply& answer) {
    if (trace::on()) {
        const auto request = parser_.complete() ? parser_.request() : HttpRequest();
        const bool posts = request.method == HttpMethod::post;
        trace::event("http", "served", {{"method", posts ? "POST" : "GET"}, {"path", request.path}, {"status", answer.status}});
    }
    release();
    const bool chunks_known = !parser_.request().http_1_0;
    framed_ = answer.generated && chunks_known;
    ends_by_closing_ = answer.generated && !chunks_known;
    source_ = answer.source;
    cursor_ = 0;
    fixed_ = answer.body;
    out_ = is_head_ ? Out::done : answer.generated ? Out::generated : Out::fixed;
    pending_ = write_http_head(answer, framed_, io_);
    enter(Stage::sending, shared_->limits.send_timeout);
    progress_ = since_;
    watch(false, true);
    if (stage_ == Stage::sending) send_some();
}

void HttpConnection::send_some() {
    for (int i = 0; i < sends_a_turn; ++i) {
        if (pending_.empty() && !next_piece()) return finish();
        const auto sent = shared_->reactor.sockets().send(socket_, pending_);
        if (!sent && sent.error() == errors::would_block) return;
        if (!sent) return close();
        pending_ = pending_.subspan(*sent);
        progress_ = shared_->reactor.now();
    }
}

// False when all has been sent.
bool HttpConnection::next_piece() {
    if (out_ == Out::fixed) {
        pending_ = fixed_;
        out_ = Out::done;
    } else if (out_ == Out::generated) {
        generate();
    }
    return !pending_.empty();
}

void HttpConnection::generate() {
    const auto room = MutBytes(io_).subspan(chunk_line, io_.size() - chunk_line - line_end.size());
    const auto size = std::min(shared_->site.on_more(source_, cursor_, room), room.size());
    if (size == 0) {
        out_ = Out::done;
        if (framed_) pending_ = as_bytes(last_chunk);
        return;
    }
    if (!framed_) {
        pending_ = room.first(size);
        return;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < 3; ++i) io_[i] = static_cast<std::uint8_t>(digits[(size >> (8 - 4 * i)) & 0xF]);
    copy(as_bytes(line_end), MutBytes(io_).subspan(3));
    copy(as_bytes(line_end), MutBytes(io_).subspan(chunk_line + size));
    pending_ = ConstBytes(io_).first(chunk_line + size + line_end.size());
}

// The other side closes first, if it does so soon: closing while its bytes are still under way would reset the
// connection and could take the reply away from it.
void HttpConnection::finish() {
    if (ends_by_closing_) return close();
    enter(Stage::lingering, shared_->limits.linger);
    watch(true, false);
}

}  // namespace esb::net
