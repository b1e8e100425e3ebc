#include "host/cli/free_ports.hpp"

#include <algorithm>
#include <fstream>
#include <random>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace esb::cli {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

namespace {

bool is_free(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return bound;
}

// Where the ports begin that the kernel gives to outgoing connections: one of these could be taken before its server has it.
std::uint16_t first_outgoing_port() {
    std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
    std::uint16_t first = 32768;
    file >> first;
    return first;
}

}  // namespace

Outcome<std::vector<std::uint16_t>> free_ports(std::size_t count) {
    const std::uint16_t end = first_outgoing_port();
    std::uniform_int_distribution<std::uint16_t> dice(static_cast<std::uint16_t>(end / 2), static_cast<std::uint16_t>(end - 1));
    std::random_device source;
    std::vector<std::uint16_t> ports;
    for (int tries = 0; tries < 1000 && ports.size() < count; ++tries) {
        const auto port = dice(source);
        if (std::find(ports.begin(), ports.end(), port) == ports.end() && is_free(port)) ports.push_back(port);
    }
    if (ports.size() != count) return failure("no free port on loopback");
    return ports;
}

}  // namespace esb::cli
