#include "esb/net/http_connection.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/secret.hpp"
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
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

void HttpConnection::open(chip::SocketId socket) {
    socket_ = socket;
    out_ = Out::nothing;
    is_head_ = framed_ = ends_by_closing_ = false;
    body_size_ = body_got_ = 0;
    parser_.begin(shared_->hosts);
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

HttpConnection::Yield HttpConnection::yield() const {
    const auto grace = shared_->limits.grace;
    switch (stage_) {
        case Stage::lingering:
            return {0, since_};
        case Stage::head:
            return {1, since_};
        case Stage::upload:
            return {3, last_byte_ + grace};
        default:
            return {2, since_ + grace};
    }
}

void HttpConnection::step(Instant now) {
    if (stage_ == Stage::unused || now < *deadline()) return;
    if (stage_ == Stage::sending || stage_ == Stage::lingering) return close();
    if (stage_ == Stage::head && !parser_.begun()) return close();
    refuse(Error(stage_ == Stage::waiting ? errors::web_busy : errors::web_too_slow));
}

std::optional<Instant> HttpConnection::deadline() const {
    if (stage_ == Stage::unused) return std::nullopt;
    if (stage_ == Stage::upload) return std::min(until_, last_byte_ + shared_->limits.upload_silence);
    return until_;
}

void HttpConnection::on_ready(bool readable, bool writable) {
    if (writable && stage_ == Stage::sending) send_some();
    if (readable && stage_ != Stage::unused && stage_ != Stage::sending) read_some();
}

void HttpConnection::read_some() {
    for (int i = 0; i < reads_a_turn; ++i) {
        const auto got = shared_->reactor.sockets().receive(socket_, io_);
        if (!got && got.error() == errors::would_block) return;
        if (!got) return close();  // it has gone, or will send no more of a request that is not whole
        take(MutBytes(io_).first(*got));
        const bool reads = stage_ == Stage::head || stage_ == Stage::body || stage_ == Stage::upload;
        if (!reads && stage_ != Stage::lingering) return;
    }
}

void HttpConnection::take(MutBytes bytes) {
    switch (stage_) {
        case Stage::head:
            return take_head(bytes);
        case Stage::body:
            return take_body(bytes);
        case Stage::upload:
            return take_upload(bytes);
        default:
            return;  // lingering: whatever follows the request is not looked at
    }
}

void HttpConnection::take_head(MutBytes bytes) {
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

void HttpConnection::begin_json(ConstBytes rest) {
    if (body_size_ > shared_->body.size()) return refuse(Error(errors::web_body_too_large));
    // Kept in front of io_ until the buffer is ours; nothing more is read meanwhile.
    copy(rest, io_);
    pending_ = ConstBytes(io_).first(rest.size());
    enter(Stage::waiting, shared_->limits.body_timeout);
    if (shared_->body_owner == nullptr) return claim_body();
    watch(false, false);
}

void HttpConnection::claim_body() {
    shared_->body_owner = this;
    stage_ = Stage::body;  // its deadline is that of waiting and body together
    since_ = shared_->reactor.now();
    watch(true, false);
    const auto first = std::exchange(pending_, {});
    if (stage_ == Stage::body) take_body(first);
}

void HttpConnection::take_body(ConstBytes bytes) {
    const auto taken = std::min<std::size_t>(bytes.size(), body_size_ - body_got_);
    copy(bytes.first(taken), shared_->body.subspan(body_got_));
    body_got_ += static_cast<std::uint32_t>(taken);
    if (body_got_ < body_size_) return;
    wipe(io_);
    const auto answer = shared_->site.on_request(parser_.request(), shared_->body.first(body_size_));
    reply(answer);
}

void HttpConnection::begin_upload(ConstBytes rest) {
    if (shared_->uploader != nullptr) return refuse(Error(errors::web_busy));
    if (const auto refusal = shared_->site.on_upload(parser_.request())) return reply(*refusal);
    shared_->uploader = this;
    enter(Stage::upload, shared_->limits.upload_timeout);
    take_upload(rest);
}

void HttpConnection::take_upload(ConstBytes bytes) {
    last_byte_ = shared_->reactor.now();
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), body_size_ - body_got_));
    if (!piece.empty()) {
        if (const auto refusal = shared_->site.on_upload_piece(piece)) return reply(*refusal);
    }
    body_got_ += static_cast<std::uint32_t>(piece.size());
    if (body_got_ == body_size_) reply(shared_->site.on_upload_end());
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
