// A TCP server that answers what the test tells it to, byte by byte.
#pragma once

#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/sim_world.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace esb::test {

class ScriptedServer {
public:
    enum class End : std::uint8_t { close, stay, reset };
    struct Piece {
        std::string bytes;
        Duration pause_before{0};
    };

    ScriptedServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port)
        : network_(network),
          address_(address),
          sockets_(network, address),
          listener_(*sockets_.listen({address, port}, 4)) {
        network.world().add_step([this] { step(); });
    }

    // What every connection gets once it has sent `await` (an empty one: at once).
    std::vector<Piece> script;
    End end = End::close;
    std::string await = "\r\n\r\n";

    std::function<void(const std::string&)> on_request;  // may set the script; called once for each connection

    std::string request;  // of the latest connection
    int connections = 0;
    bool peer_left = false;

    void reply(std::string bytes, End then = End::close) {
        script = {{std::move(bytes), Duration(0)}};
        end = then;
    }
    // Sends something now.
    void say(std::string_view bytes) { outbox_ += bytes; }
    void hang_up() { drop(); }

private:
    void step() {
        if (const auto accepted = sockets_.accept(listener_)) start(*accepted);
        if (peer_ == chip::SocketId::none) return;
        std::array<std::uint8_t, 4096> buffer;
        while (true) {
            const auto got = sockets_.receive(peer_, buffer);
            if (!got && got.error() != errors::would_block) {
                peer_left = true;
                return drop();
            }
            if (!got) break;
            request += as_text(ConstBytes(buffer).first(*got));
        }
        if (request.find(await) == std::string::npos) return;
        if (!asked_ && on_request) on_request(request);
        asked_ = true;
        play();
    }
    void start(chip::SocketId peer) {
        drop();
        peer_ = peer;
        ++connections;
        request.clear();
        outbox_.clear();
        next_ = 0;
        asked_ = false;
        due_.reset();
        peer_left = false;
    }
    void play() {
        const Instant now = network_.world().now();
        while (flush() && next_ < script.size()) {
            if (!due_) due_ = now + script[next_].pause_before;
            if (now < *due_) return;
            outbox_ += script[next_++].bytes;
            due_.reset();
        }
        if (!outbox_.empty() || next_ < script.size()) return;
        if (end == End::close) drop();
        if (end == End::reset) {
            network_.reset_connections(address_);
            drop();
        }
    }
    bool flush() {
        while (!outbox_.empty()) {
            const auto sent = sockets_.send(peer_, as_bytes(outbox_));
            if (!sent) return false;
            outbox_.erase(0, *sent);
        }
        return true;
    }
    void drop() {
        sockets_.close(peer_);
        peer_ = chip::SocketId::none;
    }

    vchip::SimNetwork& network_;
    chip::IpAddress address_;
    vchip::SimSockets sockets_;
    chip::SocketId listener_;
    chip::SocketId peer_ = chip::SocketId::none;
    std::string outbox_;
    std::size_t next_ = 0;
    bool asked_ = false;
    std::optional<Instant> due_;
};

}  // namespace esb::test
