#include "esb/chip/esp32/wake_signal.hpp"

#include "esb/chip/esp32/lwip_convert.hpp"
#include "esb/chip/sockets.hpp"

#include <array>

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>
#include <lwip/sockets.h>
#include <lwip/tcpip.h>
#include <lwip/udp.h>

#if !LWIP_HAVE_LOOPIF
#error "Turn on CONFIG_LWIP_NETIF_LOOPBACK: the reactor is woken through the loopback interface."
#endif

namespace esb::chip::esp32 {

Status WakeSignal::start() {
    if (fd_ >= 0) return {};
    const int fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return from_errno();
    SocketAddress at(Endpoint{IpAddress::v4(127, 0, 0, 1), 0});
    const bool bound = lwip_bind(fd, at.get(), at.size()) == 0 && lwip_getsockname(fd, at.get(), at.size_out()) == 0;
    int on = 1;
    tcpip_callback_msg* message = nullptr;
    if (bound && lwip_ioctl(fd, FIONBIO, &on) == 0) message = tcpip_callbackmsg_new(&WakeSignal::send_byte, this);
    if (message == nullptr) {
        lwip_close(fd);
        return fail(errors::socket_none_left);
    }
    port_ = at.endpoint().port;
    fd_ = fd;
    message_ = message;
    return {};
}

void WakeSignal::raise() {
    if (raised_.exchange(true)) return;
    tcpip_callback_msg* message = message_;
    if (message != nullptr) static_cast<void>(tcpip_callbackmsg_trycallback(message));  // full: see the class
}

bool WakeSignal::raise_from_isr() {
    if (raised_.exchange(true)) return false;
    tcpip_callback_msg* message = message_;
    return message != nullptr && tcpip_callbackmsg_trycallback_fromisr(message) == ERR_NEED_SCHED;
}

// A packet that finds no memory is no loss either: the flag stands.
void WakeSignal::send_byte(void* self) {
    auto& signal = *static_cast<WakeSignal*>(self);
    if (signal.sender_ == nullptr) signal.sender_ = udp_new_ip_type(IPADDR_TYPE_V4);
    if (signal.sender_ == nullptr) return;
    pbuf* packet = pbuf_alloc(PBUF_TRANSPORT, 1, PBUF_RAM);
    if (packet == nullptr) return;
    *static_cast<std::uint8_t*>(packet->payload) = 0;
    ip_addr_t loopback;
    ip_addr_set_loopback(false, &loopback);
    udp_sendto(signal.sender_, packet, &loopback, signal.port_);
    pbuf_free(packet);
}

bool WakeSignal::take() {
    // First the socket, then the flag: a raise() in between sends nothing, but its flag is seen here. The other way
    // round its byte could be eaten while the flag stays, which is harmless, or the flag be lost, which is not.
    std::array<std::uint8_t, 4> bytes{};
    while (lwip_recv(fd_, bytes.data(), bytes.size(), 0) > 0) {
    }
    return raised_.exchange(false);
}

}  // namespace esb::chip::esp32
