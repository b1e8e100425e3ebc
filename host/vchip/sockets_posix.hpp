// The host's loopback network as the chip's network stack.
#pragma once

#include "esb/chip/clock.hpp"
#include "esb/chip/sockets.hpp"
#include "host/vchip/poller.hpp"
#include "host/vchip/wait_source.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <poll.h>

namespace esb::vchip {

// Where a port that the chip opens on its own addresses really is: the chip's 4.3.2.1:80 becomes 127.0.0.1:`host`.
struct PortMapping {
    std::uint16_t chip = 0;
    std::uint16_t host = 0;  // 0: any free port
};

// Non-blocking BSD sockets. Used from one thread, except wake().
//
// The chip's own addresses do not exist on the host, and ports below 1024 are the host's. So a listen() or bind_udp()
// at an address other than 127/8 and 0.0.0.0, or at a port from 1 to 1023, is put on 127.0.0.1 at the port that the
// mapping table names, or at a free one; local() still answers what the firmware asked for, and `mapped` is told the
// truth. Sockets of the station obey `link`: while it is down, connect() ends in socket_unreachable and open
// connections neither send nor receive, as when the beacons stop. Mapped ones (the access point's) do not obey it.
class PosixSockets final : public chip::Sockets {
public:
    static constexpr std::size_t max_sockets = 16;  // lwIP's default on the ESP32 is 10

    using Mapped = std::function<void(const chip::Endpoint& asked, std::uint16_t host_port)>;

    explicit PosixSockets(const chip::Clock& clock);
    ~PosixSockets() override;
    PosixSockets(const PosixSockets&) = delete;
    PosixSockets& operator=(const PosixSockets&) = delete;

    void set_link(const StationLink* link) { link_ = link; }
    void set_mappings(std::vector<PortMapping> mappings, Mapped mapped);
    // wait() then looks by it and returns at once. Before anything else; it must outlive this object.
    void set_poller(Poller& poller);
    // Waits for `source` too. It must outlive this object or the last wait().
    void add_source(WaitSource& source) { sources_.push_back(&source); }

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
    struct Entry {
        int fd = -1;
        std::uint16_t generation = 0;  // so that an old id does not reach a new socket
        bool mapped = false;           // belongs to the access point's side
        chip::Endpoint asked;          // what local() answers when mapped
        std::uint64_t received = 0;    // bytes
        std::uint64_t sent = 0;        // bytes
    };

    Result<chip::SocketId> adopt(int fd, bool mapped, const chip::Endpoint& asked);
    Result<chip::SocketId> open_bound(const chip::Endpoint& at, int type, int backlog);
    Entry* find(chip::SocketId socket);
    bool cut_off(const Entry& entry) const { return link_ != nullptr && !entry.mapped && !link_->carries(); }
    bool poll_once(std::span<chip::Interest> interests, Duration longest);
    bool take_wake(bool signalled);
    pollfd poll_entry(const chip::Interest& interest);
    bool mark_ready(chip::Interest& interest, const pollfd& result);
    void run_sources(std::span<const pollfd> results);
    void look(Duration longest);
    void close_descriptor(int fd);
    static void note(std::string_view what, chip::SocketId socket, const chip::Endpoint& at);

    const chip::Clock& clock_;
    std::array<Entry, max_sockets> entries_{};
    const StationLink* link_ = nullptr;
    Poller* poller_ = nullptr;  // null: poll(2)
    std::vector<PortMapping> mappings_;
    Mapped mapped_;
    std::vector<WaitSource*> sources_;
    std::vector<pollfd> polled_;  // kept for its memory
    std::atomic<bool> woken_{false};
    int wake_fd_ = -1;
};

}  // namespace esb::vchip
