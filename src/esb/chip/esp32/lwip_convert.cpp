#include "esb/chip/esp32/lwip_convert.hpp"

#include "esb/chip/sockets.hpp"

#include <cerrno>
#include <cstring>

namespace esb::chip::esp32 {

SocketAddress::SocketAddress(const Endpoint& at) {
#if LWIP_IPV6
    if (at.address.family == IpAddress::Family::v6) {
        sockaddr_in6 v6{};
        v6.sin6_len = sizeof v6;
        v6.sin6_family = AF_INET6;
        v6.sin6_port = lwip_htons(at.port);
        std::memcpy(&v6.sin6_addr, at.address.bytes.data(), 16);
        std::memcpy(&storage_, &v6, sizeof v6);
        size_ = sizeof v6;
        return;
    }
#endif
    sockaddr_in v4{};
    v4.sin_len = sizeof v4;
    v4.sin_family = AF_INET;
    v4.sin_port = lwip_htons(at.port);
    v4.sin_addr.s_addr = to_word(at.address);
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
}

Endpoint SocketAddress::endpoint() const {
#if LWIP_IPV6
    if (storage_.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage_, sizeof v6);
        Endpoint at{{IpAddress::Family::v6, {}}, lwip_ntohs(v6.sin6_port)};
        std::memcpy(at.address.bytes.data(), &v6.sin6_addr, 16);
        return at;
    }
#endif
    sockaddr_in v4{};
    std::memcpy(&v4, &storage_, sizeof v4);
    return {from_word(v4.sin_addr.s_addr), lwip_ntohs(v4.sin_port)};
}

int socket_family([[maybe_unused]] const Endpoint& at) {
#if LWIP_IPV6
    if (at.address.family == IpAddress::Family::v6) return AF_INET6;
#endif
    return AF_INET;
}

IpAddress from_lwip(const ip_addr_t* address) {
#if LWIP_IPV6
    if (IP_IS_V6(address)) {
        IpAddress v6{IpAddress::Family::v6, {}};
        std::memcpy(v6.bytes.data(), ip_2_ip6(address)->addr, 16);
        return v6;
    }
#endif
    return from_word(ip4_addr_get_u32(ip_2_ip4(address)));
}

IpAddress from_word(std::uint32_t word) {
    IpAddress v4{IpAddress::Family::v4, {}};
    std::memcpy(v4.bytes.data(), &word, 4);
    return v4;
}

std::uint32_t to_word(const IpAddress& address) {
    std::uint32_t word = 0;
    std::memcpy(&word, address.bytes.data(), 4);
    return word;
}

std::unexpected<Error> from_errno() { return from_errno(errno); }

std::unexpected<Error> from_errno(int code) {
    switch (code) {
        case EAGAIN:
        case EINPROGRESS:
        case EALREADY:
            return fail(errors::would_block);
        case ECONNREFUSED:
            return fail(errors::socket_refused, code);
        case ECONNRESET:
        case EPIPE:
        case ENOTCONN:  // what lwIP says of a connection that has ended with an error already told
            return fail(errors::socket_reset, code);
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL:
            return fail(errors::socket_unreachable, code);
        case ETIMEDOUT:
        case ECONNABORTED:  // lwIP has sent again and again, or lost its own address
            return fail(errors::socket_timed_out, code);
        case EADDRINUSE:
            return fail(errors::socket_in_use, code);
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return fail(errors::socket_none_left, code);
        default:
            return fail(errors::socket_failed, code);
    }
}

}  // namespace esb::chip::esp32
