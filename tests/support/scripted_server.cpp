#include "tests/support/scripted_server.hpp"

namespace esb::test {

ScriptedServer::ScriptedServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port)
    : network_(network),
      address_(address),
      sockets_(network, address),
      listener_(*sockets_.listen({address, port}, 4)) {
    network.world().add_step([this] { step(); });
}

void ScriptedServer::reply(std::string bytes, End then) {
    script = {{std::move(bytes), Duration(0)}};
    end = then;
}

void ScriptedServer::step() {
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

void ScriptedServer::start(chip::SocketId peer) {
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

void ScriptedServer::play() {
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

bool ScriptedServer::flush() {
    while (!outbox_.empty()) {
        const auto sent = sockets_.send(peer_, as_bytes(outbox_));
        if (!sent) return false;
        outbox_.erase(0, *sent);
    }
    return true;
}

void ScriptedServer::drop() {
    sockets_.close(peer_);
    peer_ = chip::SocketId::none;
}

}  // namespace esb::test
