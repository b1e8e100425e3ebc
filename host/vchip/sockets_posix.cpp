#include "host/vchip/sockets_posix.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace esb::vchip {

using chip::Endpoint;
using chip::IpAddress;
using chip::SocketId;

namespace {

constexpr std::uint16_t first_unprivileged_port = 1024;
constexpr IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
// Keeps poll(2)'s argument small.
constexpr Duration longest_wait = std::chrono::hours(1);
constexpr int no_socket = -2;  // in place of a descriptor; poll(2) passes over all that are negative

std::unexpected<Error> from_errno(int code) {
    switch (code) {
        case EAGAIN:
        case EINPROGRESS:
        case EALREADY:
            return fail(errors::would_block);
        case ECONNREFUSED:
            return fail(errors::socket_refused, code);
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
            return fail(errors::socket_reset, code);
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL:
            return fail(errors::socket_unreachable, code);
        case ETIMEDOUT:
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

// A sockaddr of either family.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address to_address(const Endpoint& at) {
    Address made;
    if (at.address.family == IpAddress::Family::v6) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(at.port);
        std::memcpy(&v6.sin6_addr, at.address.bytes.data(), 16);
        std::memcpy(&made.storage, &v6, sizeof v6);
        made.size = sizeof v6;
        return made;
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(at.port);
    std::memcpy(&v4.sin_addr, at.address.bytes.data(), 4);
    std::memcpy(&made.storage, &v4, sizeof v4);
    made.size = sizeof v4;
    return made;
}

Endpoint from_address(const Address& from) {
    Endpoint at;
    if (from.storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &from.storage, sizeof v6);
        at.address.family = IpAddress::Family::v6;
        std::memcpy(at.address.bytes.data(), &v6.sin6_addr, 16);
        at.port = ntohs(v6.sin6_port);
        return at;
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &from.storage, sizeof v4);
    at.address.family = IpAddress::Family::v4;
    std::memcpy(at.address.bytes.data(), &v4.sin_addr, 4);
    at.port = ntohs(v4.sin_port);
    return at;
}

int family_of(const Endpoint& at) { return at.address.family == IpAddress::Family::v6 ? AF_INET6 : AF_INET; }

// True for an endpoint that the host itself cannot or should not have.
bool needs_mapping(const Endpoint& at) {
    const bool host_has_it = at.address.family == IpAddress::Family::v6 || at.address.bytes[0] == 127 ||
                             at.address == IpAddress::v4(0, 0, 0, 0);
    return !host_has_it || (at.port != 0 && at.port < first_unprivileged_port);
}

int new_socket(int family, int type) { return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

}  // namespace

PosixSockets::PosixSockets(const chip::Clock& clock)
    : clock_(clock), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

PosixSockets::~PosixSockets() {
    for (const auto& entry : entries_) {
        if (entry.fd >= 0) close_descriptor(entry.fd);
    }
    if (wake_fd_ >= 0) close_descriptor(wake_fd_);
}

void PosixSockets::set_mappings(std::vector<PortMapping> mappings, Mapped mapped) {
    mappings_ = std::move(mappings);
    mapped_ = std::move(mapped);
}

void PosixSockets::set_poller(Poller& poller) {
    if (wake_fd_ >= 0) ::close(std::exchange(wake_fd_, -1));  // it wakes without
    poller_ = &poller;
}

void PosixSockets::wake() {
    if (woken_.exchange(true)) return;  // the byte of the first one is on its way, or not read yet
    if (poller_ != nullptr) return poller_->wake();
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the reactor is being woken anyway.
    [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

Result<SocketId> PosixSockets::adopt(int fd, bool mapped, const Endpoint& asked) {
    if (fd < 0) return from_errno(errno);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        if (entry.fd >= 0) continue;
        entry = {fd, static_cast<std::uint16_t>(entry.generation + 1), mapped, asked, 0, 0};
        return static_cast<SocketId>(entry.generation * max_sockets + i);
    }
    ::close(fd);
    return fail(errors::socket_none_left);
}

PosixSockets::Entry* PosixSockets::find(SocketId socket) {
    const auto value = static_cast<std::int32_t>(socket);
    if (value < 0) return nullptr;
    Entry& entry = entries_[static_cast<std::size_t>(value) % max_sockets];
    const bool current = entry.fd >= 0 && entry.generation == static_cast<std::size_t>(value) / max_sockets;
    return current ? &entry : nullptr;
}

Result<SocketId> PosixSockets::connect(const Endpoint& to) {
    if (link_ != nullptr && !link_->carries()) return fail(errors::socket_unreachable);
    const auto id = adopt(new_socket(family_of(to), SOCK_STREAM), false, {});
    if (!id) return id;
    const int fd = find(*id)->fd;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    note("connect", *id, to);
    Address address = to_address(to);
    if (::connect(fd, address.get(), address.size) == 0 || errno == EINPROGRESS) return id;
    const auto error = from_errno(errno);
    close(*id);
    return error;
}

Status PosixSockets::connected(SocketId socket) {
    const Entry* entry = find(socket);
    if (entry == nullptr) return fail(errors::invalid_argument);
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(entry->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) return from_errno(code);
    Address peer;
    peer.size = sizeof peer.storage;
    if (getpeername(entry->fd, peer.get(), &peer.size) == 0) return {};
    return errno == ENOTCONN ? fail(errors::would_block) : from_errno(errno);
}

Result<SocketId> PosixSockets::open_bound(const Endpoint& at, int type, int backlog) {
    const bool mapped = needs_mapping(at);
    Endpoint real = at;
    if (mapped) {
        const auto found = std::find_if(mappings_.begin(), mappings_.end(),
                                        [&at](const PortMapping& mapping) { return mapping.chip == at.port; });
        real = {loopback, found == mappings_.end() ? std::uint16_t{0} : found->host};
    }
    const auto id = adopt(new_socket(family_of(real), type), mapped, at);
    if (!id) return id;
    const int fd = find(*id)->fd;
    const int on = 1;
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    Address address = to_address(real);
    const bool bound = ::bind(fd, address.get(), address.size) == 0;
    if (!bound || (type == SOCK_STREAM && ::listen(fd, backlog) != 0)) {
        const auto error = from_errno(errno);
        close(*id);
        return error;
    }
    Address actual;
    actual.size = sizeof actual.storage;
    getsockname(fd, actual.get(), &actual.size);
    if (mapped && mapped_) mapped_(at, from_address(actual).port);
    note(type == SOCK_STREAM ? "listen" : "bind", *id, at);
    return id;
}

Result<SocketId> PosixSockets::listen(const Endpoint& at, int backlog) { return open_bound(at, SOCK_STREAM, backlog); }

Result<SocketId> PosixSockets::bind_udp(const Endpoint& at) { return open_bound(at, SOCK_DGRAM, 0); }

Result<SocketId> PosixSockets::accept(SocketId listener) {
    const Entry* entry = find(listener);
    if (entry == nullptr) return fail(errors::invalid_argument);
    if (cut_off(*entry)) return fail(errors::would_block);
    const int fd = ::accept4(entry->fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const auto id = adopt(fd, entry->mapped, entry->asked);
    const int on = 1;
    if (id) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (id) note("accept", *id, entry->asked);
    return id;
}

Result<std::size_t> PosixSockets::send(SocketId socket, ConstBytes bytes) {
    Entry* entry = find(socket);
    if (entry == nullptr) return fail(errors::invalid_argument);
    if (cut_off(*entry)) return fail(errors::would_block);
    const ssize_t sent = ::send(entry->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return from_errno(errno);
    entry->sent += static_cast<std::size_t>(sent);
    return static_cast<std::size_t>(sent);
}

Result<std::size_t> PosixSockets::receive(SocketId socket, MutBytes out) {
    Entry* entry = find(socket);
    if (entry == nullptr || out.empty()) return fail(errors::invalid_argument);
    if (cut_off(*entry)) return fail(errors::would_block);
    const ssize_t got = ::recv(entry->fd, out.data(), out.size(), 0);
    if (got < 0) return from_errno(errno);
    if (got == 0) return fail(errors::closed);
    entry->received += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
}

Status PosixSockets::send_to(SocketId socket, const Endpoint& to, ConstBytes bytes) {
    const Entry* entry = find(socket);
    if (entry == nullptr) return fail(errors::invalid_argument);
    if (cut_off(*entry)) return fail(errors::socket_unreachable);
    Address address = to_address(to);
    const auto sent = ::sendto(entry->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, address.get(), address.size);
    if (sent < 0) return from_errno(errno);
    return {};
}

Result<chip::Datagram> PosixSockets::receive_from(SocketId socket, MutBytes out) {
    const Entry* entry = find(socket);
    if (entry == nullptr) return fail(errors::invalid_argument);
    if (cut_off(*entry)) return fail(errors::would_block);
    Address from;
    from.size = sizeof from.storage;
    const ssize_t got = ::recvfrom(entry->fd, out.data(), out.size(), 0, from.get(), &from.size);
    if (got < 0) return from_errno(errno);
    return chip::Datagram{from_address(from), static_cast<std::size_t>(got)};
}

Result<Endpoint> PosixSockets::local(SocketId socket) {
    const Entry* entry = find(socket);
    if (entry == nullptr) return fail(errors::invalid_argument);
    if (entry->mapped) return entry->asked;
    Address at;
    at.size = sizeof at.storage;
    if (getsockname(entry->fd, at.get(), &at.size) != 0) return from_errno(errno);
    return from_address(at);
}

void PosixSockets::note(std::string_view what, SocketId socket, const Endpoint& at) {
    if (!trace::on()) return;
    trace::event("net", what,
                 {{"socket", static_cast<std::int32_t>(socket)},
                  {"address", chip::to_text(at.address).view()},
                  {"port", at.port}});
}

void PosixSockets::close(SocketId socket) {
    Entry* entry = find(socket);
    if (entry == nullptr) return;
    trace::event("net", "close",
                 {{"socket", static_cast<std::int32_t>(socket)}, {"received", entry->received}, {"sent", entry->sent}});
    close_descriptor(entry->fd);
    entry->fd = -1;
}

void PosixSockets::close_descriptor(int fd) {
    if (poller_ != nullptr) poller_->forget(fd);
    ::close(fd);
}

Status PosixSockets::wait(std::span<chip::Interest> interests, Duration timeout) {
    Duration left = std::clamp(timeout, Duration::zero(), longest_wait);
    const Instant begun = clock_.now();
    const Instant deadline = begun + left;
    while (!poll_once(interests, left) && poller_ == nullptr) {
        left = deadline - clock_.now();
        if (left > Duration::zero()) continue;
        if (timeout > Duration::zero()) trace::event("timer", "due", {{"after", (clock_.now() - begun).count()}});
        break;
    }
    return {};
}

// One poll(2) over wake-ups, sources and sockets, until the first due time. True if an interest is ready or somebody woke
// the reactor.
bool PosixSockets::poll_once(std::span<chip::Interest> interests, Duration longest) {
    const std::size_t first_socket = 1 + sources_.size();
    polled_.resize(first_socket + interests.size());
    pollfd* const fds = polled_.data();
    fds[0] = {wake_fd_, POLLIN, 0};
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        fds[1 + i] = {sources_[i]->fd(), POLLIN, 0};
        if (const auto due = sources_[i]->due()) longest = std::min(longest, *due - clock_.now());
    }
    pollfd* const sockets = fds + first_socket;
    for (std::size_t i = 0; i < interests.size(); ++i) {
        sockets[i] = poll_entry(interests[i]);
        if (sockets[i].fd == no_socket) longest = Duration::zero();
    }
    look(std::max(longest, Duration::zero()));

    run_sources({fds + 1, sources_.size()});
    bool ready = false;
    for (std::size_t i = 0; i < interests.size(); ++i) ready |= mark_ready(interests[i], sockets[i]);
    const bool woken = take_wake((fds[0].revents & POLLIN) != 0);
    return ready || woken;
}

void PosixSockets::look(Duration longest) {
    if (poller_ != nullptr) return poller_->look(polled_, longest);
    ::poll(polled_.data(), polled_.size(), static_cast<int>(longest.count()));
}

// True if somebody woke the reactor. First the descriptor, then the flag: a wake() in between writes nothing, but its flag
// is seen here. The other way round its byte could be read while its flag stays, and no later wake() would write again.
bool PosixSockets::take_wake(bool signalled) {
    if (!signalled && !woken_) return false;
    std::uint64_t count = 0;
    const bool read = ::read(wake_fd_, &count, sizeof count) > 0;
    return woken_.exchange(false) || read;
}

// A socket that is cut off is not looked at; an id that is none is ready at once, for the next call to report.
pollfd PosixSockets::poll_entry(const chip::Interest& interest) {
    const Entry* entry = find(interest.socket);
    if (entry == nullptr) return {no_socket, 0, 0};
    if (cut_off(*entry)) return {-1, 0, 0};
    return {entry->fd, static_cast<short>((interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0)), 0};
}

// True if it is.
bool PosixSockets::mark_ready(chip::Interest& interest, const pollfd& result) {
    const bool broken = result.fd == no_socket || (result.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    interest.ready_read = broken || (result.revents & POLLIN) != 0;
    interest.ready_write = broken || (result.revents & POLLOUT) != 0;
    return interest.ready_read || interest.ready_write;
}

// Lets the sources work that are due or have something to read; they wake the reactor themselves.
void PosixSockets::run_sources(std::span<const pollfd> results) {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const auto due = sources_[i]->due();
        if (results[i].revents != 0 || (due && *due <= clock_.now())) sources_[i]->poll();
    }
}

}  // namespace esb::vchip
