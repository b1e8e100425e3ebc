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

    FileServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port = 80);

    // The other side has lost its power. A server would find out by sending into the void for a while, which is no byte
    // that anybody has fetched.
    void lose_peer() { drop(); }

private:
    void step();
    void answer();
    bool tag_is_asked_for() const;
    void send();
    void drop();
    std::size_t left() const { return out_.size() - gone_; }

    vchip::SimWorld& world_;
    vchip::SimSockets sockets_;
    chip::SocketId listener_;
    chip::SocketId peer_ = chip::SocketId::none;
    std::string request_;
    std::string out_;
    std::size_t gone_ = 0;  // of out_
    bool answered_ = false;
    std::size_t head_left_ = 0;
    std::size_t body_left_ = 0;
    std::optional<std::size_t> until_stall_;
    std::size_t sent_ = 0;
    Instant started_{};
};

}  // namespace esb::test
