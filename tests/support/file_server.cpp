#include "tests/support/file_server.hpp"

namespace esb::test {

FileServer::FileServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port)
    : world_(network.world()), sockets_(network, address), listener_(*sockets_.listen({address, port}, 4)) {
    world_.add_step([this] { step(); });
}

void FileServer::step() {
    if (const auto accepted = sockets_.accept(listener_)) {
        sockets_.close(peer_);
        peer_ = *accepted;
        request_.clear();
        out_.clear();
        gone_ = 0;
        answered_ = false;
        if (on_connection)
            on_connection(++connections);
        else
            ++connections;
    }
    if (peer_ == chip::SocketId::none) return;
    std::array<std::uint8_t, 1024> buffer;
    for (;;) {
        const auto got = sockets_.receive(peer_, buffer);
        if (!got && got.error() != errors::would_block) return drop();
        if (!got) break;
        request_ += as_text(ConstBytes(buffer).first(*got));
    }
    if (!answered_ && request_.find("\r\n\r\n") != std::string::npos) answer();
    if (answered_) send();
}

void FileServer::answer() {
    answered_ = true;
    requests.push_back(request_);
    std::size_t from = 0;
    if (const auto at = request_.find("Range: bytes="); at != std::string::npos) {
        from = std::strtoul(request_.c_str() + at + 13, nullptr, 10);
    }
    range_starts.push_back(from);
    const bool other_version = request_.find("If-Range: ") != std::string::npos && !tag_is_asked_for();
    if (ignores_range || other_version) from = 0;
    int code = status;
    if (code == 200 && from > 0) code = from < file.size() ? 206 : 416;
    out_ = "HTTP/1.1 " + std::to_string(code) + " x\r\n";
    std::string body;
    if (code == 200 || code == 206) {
        body.assign(file.begin() + static_cast<std::ptrdiff_t>(from), file.end());
        if (code == 206 && range_line) {
            out_ += *range_line;
        } else if (code == 206 && multipart) {
            out_ += "Content-Type: multipart/byteranges; boundary=x\r\n";
        } else if (code == 206) {
            out_ += "Content-Range: bytes " + std::to_string(lies_about_range ? from - 1 : from) + "-" +
                    std::to_string(file.size() - 1) + "/" + std::to_string(file.size()) + "\r\n";
        }
    }
    out_ += more_head;
    if (tells_size) out_ += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    out_ += "\r\n";
    gone_ = 0;
    head_left_ = out_.size();
    until_stall_ = stall_after;
    body_left_ = std::min(body.size(), drop_after.value_or(body.size()));
    out_ += body.substr(0, body_left_);
    started_ = world_.now();
    sent_ = 0;
}

bool FileServer::tag_is_asked_for() const {
    const auto tag = request_.substr(request_.find("If-Range: ") + 10);
    return more_head.find("ETag: " + tag.substr(0, tag.find('\r'))) != std::string::npos;
}

void FileServer::send() {
    const std::size_t head = std::min(head_left_, left());
    std::size_t allowed = left();
    if (bytes_a_second > 0) {
        const auto elapsed = static_cast<std::size_t>((world_.now() - started_).count());
        const std::size_t budget = elapsed * bytes_a_second / 1000;
        allowed = std::min(left(), head + (budget > sent_ ? budget - sent_ : 0));
    }
    if (until_stall_) allowed = std::min(allowed, *until_stall_);
    while (allowed > 0) {
        const auto taken = sockets_.send(peer_, as_bytes(std::string_view(out_).substr(gone_, allowed)));
        if (!taken && taken.error() == errors::would_block) return;
        if (!taken) return drop();
        const std::size_t of_head = std::min(head_left_, *taken);
        head_left_ -= of_head;
        sent_ += *taken - of_head;
        body_bytes += *taken - of_head;
        gone_ += *taken;
        allowed -= *taken;
        if (until_stall_) *until_stall_ -= *taken;
    }
    if (left() == 0) drop();
}

void FileServer::drop() {
    sockets_.close(peer_);
    peer_ = chip::SocketId::none;
}

}  // namespace esb::test
