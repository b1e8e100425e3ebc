// Ports of loopback for what the tool starts.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <netinet/in.h>

namespace esb::cli {

// 127.0.0.1 at this port.
sockaddr_in loopback(std::uint16_t port);

// Ports that nobody has at the moment, all different, and below those that the kernel gives to outgoing connections.
Outcome<std::vector<std::uint16_t>> free_ports(std::size_t count);

}  // namespace esb::cli
