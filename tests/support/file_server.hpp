// A small web server on the simulated network that serves one file, well or badly.
#pragma once

#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/sim_world.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace esb::test {

class FileServer {
public:
    std::vector<std::uint8_t> file;

    // What is wrong with it. Counted from the next connection.
    int status = 200;                        // anything else: an empty answer with this status
    bool ignores_range = false;              // 200 and the whole file
    bool lies_about_range = false;           // a Content-Range that begins elsewhere
    std::optional<std::string> range_line;   // in place of the answer to a Range
    bool tells_size = true;                  // Content-Length
    std::optional<std::size_t> drop_after;   // closes each connection after so many bytes of body
    bool multipart = false;                  // answers a Range with multipart/byteranges
    std::string more_head;                   // further lines of the head
    std::optional<std::size_t> stall_after;  // falls silent after so many bytes of head and body
    std::size_t bytes_a_second = 0;          // 0: as fast as it goes
    std::function<void(int)> on_connection;  // told the number of the connection, before it is answered

    int connections = 0;
    std::size_t body_bytes = 0;             // sent in all
    std::vector<std::string> requests;      // each whole
    std::vector<std::size_t> range_starts;  // where each request wanted to begin

    FileServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port = 80)
        : world_(network.world()), sockets_(network, address), listener_(*sockets_.listen({address, port}, 4)) {
        world_.add_step([this] { step(); });
    }

    // The other side has lost its power. A server would find out by sending into the void for a while, which is no byte
    // that anybody has fetched.
    void lose_peer() { drop(); }

private:
    void step() {
        if (const auto accepted = sockets_.accept(listener_)) {
            sockets_.close(peer_);
            peer_ = *accepted;
            request_.clear();
            out_.clear();
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
    void answer() {
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
        head_left_ = out_.size();
        until_stall_ = stall_after;
        body_left_ = std::min(body.size(), drop_after.value_or(body.size()));
        out_ += body.substr(0, body_left_);
        started_ = world_.now();
        sent_ = 0;
    }
    bool tag_is_asked_for() const {
        const auto tag = request_.substr(request_.find("If-Range: ") + 10);
        return more_head.find("ETag: " + tag.substr(0, tag.find('\r'))) != std::string::npos;
    }
    void send() {
        const std::size_t head = std::min(head_left_, out_.size());
        std::size_t allowed = out_.size();
        if (bytes_a_second > 0) {
            const auto elapsed = static_cast<std::size_t>((world_.now() - started_).count());
            const std::size_t budget = elapsed * bytes_a_second / 1000;
            allowed = std::min(out_.size(), head + (budget > sent_ ? budget - sent_ : 0));
        }
        if (until_stall_) allowed = std::min(allowed, *until_stall_);
        while (allowed > 0) {
            const auto taken = sockets_.send(peer_, as_bytes(std::string_view(out_).substr(0, allowed)));
            if (!taken && taken.error() == errors::would_block) return;
            if (!taken) return drop();
            const std::size_t of_head = std::min(head_left_, *taken);
            head_left_ -= of_head;
            sent_ += *taken - of_head;
            body_bytes += *taken - of_head;
            out_.erase(0, *taken);
            allowed -= *taken;
            if (until_stall_) *until_stall_ -= *taken;
        }
        if (out_.empty()) drop();
    }
    void drop() {
        sockets_.close(peer_);
        peer_ = chip::SocketId::none;
    }

    vchip::SimWorld& world_;
    vchip::SimSockets sockets_;
    chip::SocketId listener_;
    chip::SocketId peer_ = chip::SocketId::none;
    std::string request_;
    std::string out_;
    bool answered_ = false;
    std::size_t head_left_ = 0;
    std::size_t body_left_ = 0;
    std::optional<std::size_t> until_stall_;
    std::size_t sent_ = 0;
    Instant started_{};
};

}  // namespace esb::test
