// lwIP's sockets as the chip's network stack.
#pragma once

#include "esb/chip/esp32/wake_signal.hpp"
#include "esb/chip/sockets.hpp"

#include <array>
#include <cstdint>

#include <sdkconfig.h>

namespace esb::chip::esp32 {

// Calls lwIP's own functions (lwip_select, lwip_send, ...), not the POSIX names: those go through ESP-IDF's virtual
// file system, whose select() allocates at each call. One of the CONFIG_LWIP_MAX_SOCKETS is the wake signal's.
class Sockets final : public chip::Sockets {
public:
    static constexpr std::size_t max_sockets = CONFIG_LWIP_MAX_SOCKETS;

    // Starts lwIP, if nobody has, and the wake signal. Before any other member but wake() and wake_from_isr().
    Status start();

    void wake() override { wake_.raise(); }
    // From an interrupt that is not in IRAM. True: pass it to portYIELD_FROM_ISR.
    bool wake_from_isr() { return wake_.raise_from_isr(); }

    Result<SocketId> connect(const Endpoint& to) override;
    Status connected(SocketId socket) override;
    Result<SocketId> listen(const Endpoint& at, int backlog) override;
    Result<SocketId> accept(SocketId listener) override;
    Result<SocketId> bind_udp(const Endpoint& at) override;
    Result<std::size_t> send(SocketId socket, ConstBytes bytes) override;
    Result<std::size_t> receive(SocketId socket, MutBytes out) override;
    Status send_to(SocketId socket, const Endpoint& to, ConstBytes bytes) override;
    Result<Datagram> receive_from(SocketId socket, MutBytes out) override;
    Result<Endpoint> local(SocketId socket) override;
    void close(SocketId socket) override;
    Status wait(std::span<Interest> interests, Duration timeout) override;

private:
    struct Entry {
        bool open = false;
        std::uint16_t generation = 0;  // so that an old id does not reach a new socket
    };

    Result<SocketId> adopt(int fd);
    Result<SocketId> open_bound(const Endpoint& at, int type, int backlog);
    int fd_of(SocketId socket) const;  // -1: there is none
    Result<bool> select_once(std::span<Interest> interests, Duration longest);

    WakeSignal wake_;
    bool signalled_ = false;                    // the latest select() found wake_.fd() readable
    std::array<Entry, max_sockets> entries_{};  // by file descriptor
};

}  // namespace esb::chip::esp32
