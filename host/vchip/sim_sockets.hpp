// The network stack of one simulated host: a chip, a scripted server, or a phone.
#pragma once

#include "esb/chip/sockets.hpp"
#include "host/vchip/sim_network.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace esb::vchip {

// wait() lets the world turn until something is ready; see SimWorld. After power_off() every call ends in power_lost
// until power_on(), so that firmware in a loop notices; firmware that keeps waiting without power is ended with
// abort(), since nothing else would stop the test.
class SimSockets final : public chip::Sockets, private SimHost {
public:
    static constexpr std::size_t max_sockets = 16;

    // A host at `place`. `link`, when given, is whether its station has joined.
    SimSockets(SimNetwork& network, const SimPlace& place, const StationLink* link = nullptr);
    SimSockets(SimNetwork& network, const chip::IpAddress& address) : SimSockets(network, SimPlace{0, address}) {}
    ~SimSockets() override;
    SimSockets(const SimSockets&) = delete;
    SimSockets& operator=(const SimSockets&) = delete;

    // A second address in a realm of its own (the access point's); empty takes it away.
    void set_access_point(std::optional<SimPlace> place);
    // All sockets vanish without a word.
    void power_off();
    void power_on();
    bool powered() const { return powered_; }
    // Asked before every call; once it answers false the power is off, as after power_off().
    void set_power_source(std::function<bool()> source) { power_source_ = std::move(source); }
    // Sockets in use.
    std::size_t open_sockets() const;

    void wake() override;
    Result<chip::SocketId> connect(const chip::Endpoint& to) override;
    Status connected(chip::SocketId socket) override;
    Result<chip::SocketId> listen(const chip::Endpoint& at, int backlog) override;
    Result<chip::SocketId> accept(chip::SocketId listener) override;
    Result<chip::SocketId> bind_udp(const chip::Endpoint& at) override;
    Result<std::size_t> send(chip::SocketId socket, ConstBytes bytes) override;
    Result<std::size_t> receive(chip::SocketId socket, MutBytes out) override;
    Status send_to(chip::SocketId socket, const chip::Endpoint& to, ConstBytes bytes) override;
    Result<chip::Datagram> receive_from(chip::SocketId socket, MutBytes out) override;
    Result<chip::Endpoint> local(chip::SocketId socket) override;
    void close(chip::SocketId socket) override;
    Status wait(std::span<chip::Interest> interests, Duration timeout) override;

private:
    enum class Kind : std::uint8_t { unused, stream, listener, datagrams };
    struct Message {
        chip::Endpoint from;
        std::vector<std::uint8_t> bytes;
    };
    struct Socket {
        Kind kind = Kind::unused;
        std::uint16_t generation = 0;
        std::shared_ptr<SimTcp> stream{};
        int end = 0;
        chip::Endpoint at{};  // of a listener or datagram socket
        std::size_t backlog = 0;
        std::deque<std::shared_ptr<SimTcp>> waiting{};
        std::deque<Message> messages{};
    };

    int offer(const chip::Endpoint& at, const std::shared_ptr<SimTcp>& connection) override;
    void deliver(const chip::Endpoint& at, const chip::Endpoint& from, ConstBytes bytes) override;

    Result<chip::SocketId> add(Socket socket);
    Result<chip::SocketId> add_bound(Kind kind, const chip::Endpoint& at, std::size_t backlog);
    Result<Socket*> find(chip::SocketId socket, Kind kind);
    Socket* find(chip::SocketId socket);
    Socket* find_bound(Kind kind, const chip::Endpoint& at);
    const SimPlace* place_towards(const chip::IpAddress& address) const;
    bool has_power();
    bool ready(const chip::Interest& interest, bool to_write);
    bool any_ready(std::span<const chip::Interest> interests);

    SimNetwork& network_;
    SimPlace place_;
    const StationLink* link_;
    std::optional<SimPlace> access_point_;
    std::array<Socket, max_sockets> sockets_{};
    std::function<bool()> power_source_;
    bool woken_ = false;
    bool powered_ = true;
    unsigned waits_without_power_ = 0;
};

}  // namespace esb::vchip
