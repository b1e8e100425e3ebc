// A time server on the simulated network that answers well or badly.
#pragma once

#include "esb/net/sntp_packet.hpp"
#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_sockets.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace esb::test {

class TimeServer {
public:
    using Packet = std::vector<std::uint8_t>;

    // Its clock shows `time` when the world's shows zero.
    TimeServer(vchip::SimNetwork& network, const chip::IpAddress& address, UnixTime time)
        : time_(time), world_(network.world()), sockets_(network, address) {
        socket_ = *sockets_.bind_udp({address, net::sntp_port});
        world_.add_step([this] { step(); });
    }

    bool silent = false;
    std::string_view kiss;  // four letters: a kiss-o'-death
    std::uint8_t leap_and_mode = 0x24;
    std::uint8_t stratum = 2;
    bool foreign = false;        // answers to a question that nobody asked
    bool guessed_first = false;  // a forged answer comes before the right one
    std::vector<Packet> questions;
    std::vector<Instant> asked_at;

    void set_time(UnixTime time) { time_ = time - std::chrono::duration_cast<UnixTime>(since_start()); }
    UnixTime time() const { return time_ + std::chrono::duration_cast<UnixTime>(since_start()); }

    Packet answer(const Packet& question) const {
        Packet packet(net::sntp_size);
        packet[0] = leap_and_mode;
        packet[1] = kiss.empty() ? stratum : 0;
        for (std::size_t i = 0; i < kiss.size(); ++i) packet[12 + i] = static_cast<std::uint8_t>(kiss[i]);
        for (std::size_t i = 0; i < 8; ++i)
            packet[24 + i] = static_cast<std::uint8_t>(question[40 + i] ^ (foreign ? 1 : 0));
        const auto milli = (Duration(time_) + since_start()).count() + 2'208'988'800'000;
        const auto seconds = static_cast<std::uint64_t>(milli / 1000);
        const auto fraction = (static_cast<std::uint64_t>(milli % 1000) << 32) / 1000;
        for (std::size_t i = 0; i < 4; ++i) {
            packet[40 + i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
            packet[44 + i] = static_cast<std::uint8_t>(fraction >> (24 - 8 * i));
        }
        return packet;
    }

private:
    Duration since_start() const { return world_.now().time_since_epoch(); }
    void step() {
        std::array<std::uint8_t, 128> buffer{};
        const auto got = sockets_.receive_from(socket_, buffer);
        if (!got) return;
        const Packet question(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got->size));
        questions.push_back(question);
        asked_at.push_back(world_.now());
        if (silent || question.size() != net::sntp_size) return;
        if (guessed_first) {
            auto forged = answer(question);
            forged[30] ^= 0xFF;
            static_cast<void>(sockets_.send_to(socket_, got->from, forged));
        }
        static_cast<void>(sockets_.send_to(socket_, got->from, answer(question)));
    }

    UnixTime time_;
    vchip::SimWorld& world_;
    vchip::SimSockets sockets_;
    chip::SocketId socket_ = chip::SocketId::none;
};

}  // namespace esb::test
