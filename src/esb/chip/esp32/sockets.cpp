#include "esb/chip/esp32/sockets.hpp"

#include "esb/chip/esp32/lwip_convert.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <esp_netif.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <lwip/sockets.h>

namespace esb::chip::esp32 {

namespace {

// Bounds the delay of a wake-up whose message found lwIP's queue full (see WakeSignal).
constexpr Duration longest_sleep = std::chrono::seconds(1);
constexpr int index_bits = 8;
constexpr std::uint16_t generation_mask = 0x7FFF;  // an id is never negative
static_assert(Sockets::max_sockets < 1U << index_bits);

Duration uptime() { return std::chrono::duration_cast<Duration>(std::chrono::microseconds(esp_timer_get_time())); }

timeval to_timeval(Duration duration) {
    const auto count = duration.count();
    return {static_cast<time_t>(count / 1000), static_cast<suseconds_t>(count % 1000 * 1000)};
}

// lwIP marks a connecting socket as writable only when it is connected or has failed. (It gives the remote address
// of a socket that is still connecting, so getpeername() tells nothing.)
bool writable(int fd) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    timeval at_once{};
    return lwip_select(fd + 1, nullptr, &set, nullptr, &at_once) > 0;
}

void no_delay(int fd) {
    const int on = 1;
    lwip_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// lwIP answers unread bytes at close() with a reset, which makes both sides drop what was still on its way.
void drain(int fd) {
    std::array<std::uint8_t, 256> bytes;
    constexpr int most = TCP_WND / sizeof bytes + 1;
    for (int i = 0; i < most && lwip_recv(fd, bytes.data(), bytes.size(), 0) > 0; ++i) {
    }
}

// lwIP takes a packet for any of its addresses on any of its interfaces. Who is on the station's network could so reach
// what is meant for the access point's; only a socket that is bound to the interface is safe from that.
bool bind_to_access_point(int fd, const IpAddress& address) {
    esp_netif_t* netif = esp_netif_get_handle_from_ifkey("WIFI_AP_DEF");
    esp_netif_ip_info_t own{};
    if (netif == nullptr || esp_netif_get_ip_info(netif, &own) != ESP_OK) return true;
    if (own.ip.addr == 0 || own.ip.addr != to_word(address)) return true;  // another interface's address
    ifreq interface{};
    if (esp_netif_get_netif_impl_name(netif, interface.ifr_name) != ESP_OK) return false;
    return lwip_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, &interface, sizeof interface) == 0;
}

}  // namespace

Status Sockets::start() {
    if (const esp_err_t code = esp_netif_init(); code != ESP_OK) return fail(errors::socket_failed, code);
    return wake_.start();
}

Result<SocketId> Sockets::adopt(int fd) {
    if (fd < 0) return from_errno();
    int on = 1;
    lwip_ioctl(fd, FIONBIO, &on);
    const auto index = static_cast<std::size_t>(fd - LWIP_SOCKET_OFFSET);
    Entry& entry = entries_[index];
    entry.open = true;
    entry.generation = static_cast<std::uint16_t>((entry.generation + 1) & generation_mask);
    return static_cast<SocketId>(entry.generation << index_bits | static_cast<int>(index));
}

int Sockets::fd_of(SocketId socket) const {
    const auto value = static_cast<std::int32_t>(socket);
    const auto index = static_cast<std::size_t>(value) & ((1U << index_bits) - 1);
    if (value < 0 || index >= max_sockets) return -1;
    const Entry& entry = entries_[index];
    if (!entry.open || entry.generation != value >> index_bits) return -1;
    return static_cast<int>(index) + LWIP_SOCKET_OFFSET;
}

Result<SocketId> Sockets::connect(const Endpoint& to) {
    const auto id = adopt(lwip_socket(socket_family(to), SOCK_STREAM, 0));
    if (!id) return id;
    const int fd = fd_of(*id);
    no_delay(fd);
    SocketAddress address(to);
    if (lwip_connect(fd, address.get(), address.size()) == 0 || errno == EINPROGRESS) return id;
    const auto error = from_errno();
    close(*id);
    return error;
}

Status Sockets::connected(SocketId socket) {
    const int fd = fd_of(socket);
    if (fd < 0) return fail(errors::invalid_argument);
    const bool ended = writable(fd);  // first: the error comes before the readiness
    int code = 0;
    socklen_t size = sizeof code;
    lwip_getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
    // A reset in answer to the first packet is a refusal; lwIP does not tell them apart.
    if (code == ECONNRESET) return fail(errors::socket_refused, code);
    if (code != 0) return from_errno(code);
    if (!ended) return fail(errors::would_block);
    return {};
}

Result<SocketId> Sockets::open_bound(const Endpoint& at, int type, int backlog) {
    const auto id = adopt(lwip_socket(socket_family(at), type, 0));
    if (!id) return id;
    const int fd = fd_of(*id);
    const int on = 1;
    if (type == SOCK_STREAM) lwip_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    SocketAddress address(at);
    const bool bound = bind_to_access_point(fd, at.address) && lwip_bind(fd, address.get(), address.size()) == 0;
    if (bound && (type != SOCK_STREAM || lwip_listen(fd, backlog) == 0)) return id;
    const auto error = from_errno();
    close(*id);
    return error;
}

Result<SocketId> Sockets::listen(const Endpoint& at, int backlog) { return open_bound(at, SOCK_STREAM, backlog); }

Result<SocketId> Sockets::bind_udp(const Endpoint& at) { return open_bound(at, SOCK_DGRAM, 0); }

Result<SocketId> Sockets::accept(SocketId listener) {
    const int fd = fd_of(listener);
    if (fd < 0) return fail(errors::invalid_argument);
    const int accepted = lwip_accept(fd, nullptr, nullptr);
    const auto id = adopt(accepted);
    if (id) no_delay(accepted);
    return id;
}

Result<std::size_t> Sockets::send(SocketId socket, ConstBytes bytes) {
    const int fd = fd_of(socket);
    if (fd < 0) return fail(errors::invalid_argument);
    const auto sent = lwip_send(fd, bytes.data(), bytes.size(), 0);
    if (sent < 0) return from_errno();
    return static_cast<std::size_t>(sent);
}

Result<std::size_t> Sockets::receive(SocketId socket, MutBytes out) {
    const int fd = fd_of(socket);
    if (fd < 0 || out.empty()) return fail(errors::invalid_argument);
    const auto got = lwip_recv(fd, out.data(), out.size(), 0);
    if (got < 0) return from_errno();
    if (got == 0) return fail(errors::closed);
    return static_cast<std::size_t>(got);
}

Status Sockets::send_to(SocketId socket, const Endpoint& to, ConstBytes bytes) {
    const int fd = fd_of(socket);
    if (fd < 0) return fail(errors::invalid_argument);
    SocketAddress address(to);
    if (lwip_sendto(fd, bytes.data(), bytes.size(), 0, address.get(), address.size()) < 0) return from_errno();
    return {};
}

Result<Datagram> Sockets::receive_from(SocketId socket, MutBytes out) {
    const int fd = fd_of(socket);
    if (fd < 0) return fail(errors::invalid_argument);
    SocketAddress from;
    const auto got = lwip_recvfrom(fd, out.data(), out.size(), 0, from.get(), from.size_out());
    if (got < 0) return from_errno();
    return Datagram{from.endpoint(), std::min(static_cast<std::size_t>(got), out.size())};
}

Result<Endpoint> Sockets::local(SocketId socket) {
    const int fd = fd_of(socket);
    if (fd < 0) return fail(errors::invalid_argument);
    SocketAddress at;
    if (lwip_getsockname(fd, at.get(), at.size_out()) != 0) return from_errno();
    return at.endpoint();
}

void Sockets::close(SocketId socket) {
    const int fd = fd_of(socket);
    if (fd < 0) return;
    drain(fd);
    lwip_close(fd);
    entries_[static_cast<std::size_t>(fd - LWIP_SOCKET_OFFSET)].open = false;
}

Status Sockets::wait(std::span<Interest> interests, Duration timeout) {
    const Duration start = uptime();
    Duration left = std::max(timeout, Duration::zero());
    for (;;) {
        // Somebody may have woken us before; then only a look at the sockets.
        const Duration longest = wake_.pending() ? Duration::zero() : std::min(left, longest_sleep);
        const auto ready = select_once(interests, longest);
        if (!ready) return fail(ready.error());
        // The signal's socket is read only when there is something to take.
        const bool woken = (signalled_ || wake_.pending()) && wake_.take();
        if (woken || *ready) return {};
        const Duration passed = uptime() - start;
        if (passed >= timeout) return {};
        left = timeout - passed;
    }
}

// True if an interest is ready. An id that is none is ready at once, for the next call to report.
Result<bool> Sockets::select_once(std::span<Interest> interests, Duration longest) {
    fd_set readable;
    fd_set writable;
    fd_set broken;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&broken);
    int highest = wake_.fd();
    FD_SET(wake_.fd(), &readable);
    bool ready = false;
    for (auto& interest : interests) {
        const int fd = fd_of(interest.socket);
        interest.ready_read = interest.ready_write = fd < 0;
        ready = ready || fd < 0;
        if (fd < 0) continue;
        if (interest.read) FD_SET(fd, &readable);
        if (interest.write) FD_SET(fd, &writable);
        FD_SET(fd, &broken);
        highest = std::max(highest, fd);
    }
    signalled_ = false;
    timeval limit = to_timeval(ready ? Duration::zero() : longest);
    const int count = lwip_select(highest + 1, &readable, &writable, &broken, &limit);
    if (count < 0) {
        const auto error = from_errno();
        vTaskDelay(1);  // without memory it fails at once; the reactor comes back at once, and others must run
        return error;
    }
    if (count == 0) return ready;
    signalled_ = FD_ISSET(wake_.fd(), &readable) != 0;
    for (auto& interest : interests) {
        const int fd = fd_of(interest.socket);
        if (fd < 0) continue;
        const bool error = FD_ISSET(fd, &broken) != 0;
        interest.ready_read = error || FD_ISSET(fd, &readable) != 0;
        interest.ready_write = error || FD_ISSET(fd, &writable) != 0;
        ready = ready || interest.ready_read || interest.ready_write;
    }
    return ready;
}

}  // namespace esb::chip::esp32
