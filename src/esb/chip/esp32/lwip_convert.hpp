// Between the names of chip/ and those of lwIP and the POSIX socket functions.
#pragma once

#include "esb/chip/network.hpp"

#include <lwip/ip_addr.h>
#include <lwip/sockets.h>

namespace esb::chip::esp32 {

// A sockaddr of either family.
class SocketAddress {
public:
    SocketAddress() = default;
    explicit SocketAddress(const Endpoint& at);

    Endpoint endpoint() const;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }
    // For functions that fill the address.
    socklen_t* size_out() {
        size_ = sizeof storage_;
        return &size_;
    }

private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

int socket_family(const Endpoint& at);

IpAddress from_lwip(const ip_addr_t* address);
// An IPv4 address as ESP-IDF has it: four bytes in network order in one word.
IpAddress from_word(std::uint32_t word);
std::uint32_t to_word(const IpAddress& address);

// errno, or a code that stands for it, as a named error.
std::unexpected<Error> from_errno();
std::unexpected<Error> from_errno(int code);

}  // namespace esb::chip::esp32
