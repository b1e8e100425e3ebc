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

    ScriptedServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port);

    // What every connection gets once it has sent `await` (an empty one: at once).
    std::vector<Piece> script;
    End end = End::close;
    std::string await = "\r\n\r\n";

    std::function<void(const std::string&)> on_request;  // may set the script; called once for each connection

    std::string request;  // of the latest connection
    int connections = 0;
    bool peer_left = false;

    void reply(std::string bytes, End then = End::close);
    // Sends something now.
    void say(std::string_view bytes) { outbox_ += bytes; }
    void hang_up() { drop(); }

private:
    void step();
    void start(chip::SocketId peer);
    void play();
    bool flush();
    void drop();

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
