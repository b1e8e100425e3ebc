#include "host/vchip/sim_sockets.hpp"

#include "esb/chip/key_value.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace esb::vchip {

using chip::Endpoint;
using chip::SocketId;

namespace {

constexpr std::size_t messages_max = 8;
constexpr unsigned waits_without_power_max = 10'000;
constexpr Duration longest_sleep = std::chrono::hours(24 * 365);
constexpr chip::IpAddress any_of(chip::IpAddress::Family family) { return {family, {}}; }

bool covers(const Endpoint& bound, const Endpoint& at) {
    return bound.port == at.port && (bound.address == at.address || bound.address == any_of(at.address.family));
}

bool same_subnet(const chip::IpAddress& a, const chip::IpAddress& b) {
    return a.family == b.family && std::equal(a.bytes.begin(), a.bytes.begin() + 3, b.bytes.begin());
}

}  // namespace

SimSockets::SimSockets(SimNetwork& network, const SimPlace& place, const StationLink* link)
    : network_(network), place_(place), link_(link) {
    network_.attach(place_, *this, link_);
}

SimSockets::~SimSockets() {
    power_off();
    network_.detach(place_, *this);
    set_access_point(std::nullopt);
}

void SimSockets::set_access_point(std::optional<SimPlace> place) {
    if (access_point_) network_.detach(*access_point_, *this);
    access_point_ = place;
    if (access_point_) network_.attach(*access_point_, *this, nullptr);
}

void SimSockets::power_off() {
    for (Socket& socket : sockets_) {
        if (socket.stream) socket.stream->vanish(socket.end);
        for (const auto& connection : socket.waiting) connection->vanish(1);
        socket = Socket{.generation = socket.generation};
    }
    network_.faults(place_).off = true;
    woken_ = false;
    powered_ = false;
    waits_without_power_ = 0;
    network_.world().note_change();
}

void SimSockets::power_on() {
    network_.faults(place_).off = false;
    powered_ = true;
}

bool SimSockets::has_power() {
    if (powered_ && power_source_ && !power_source_()) power_off();
    return powered_;
}

std::size_t SimSockets::open_sockets() const {
    return static_cast<std::size_t>(
        std::count_if(sockets_.begin(), sockets_.end(), [](const Socket& s) { return s.kind != Kind::unused; }));
}

void SimSockets::wake() {
    woken_ = true;
    network_.world().note_change();
}

Result<SocketId> SimSockets::add(Socket socket) {
    if (!has_power()) return fail(errors::power_lost);
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (sockets_[i].kind != Kind::unused) continue;
        socket.generation = static_cast<std::uint16_t>(sockets_[i].generation + 1);
        sockets_[i] = std::move(socket);
        return static_cast<SocketId>(sockets_[i].generation * max_sockets + i);
    }
    return fail(errors::socket_none_left);
}

SimSockets::Socket* SimSockets::find(SocketId socket) {
    const auto value = static_cast<std::int32_t>(socket);
    if (value < 0) return nullptr;
    Socket& found = sockets_[static_cast<std::size_t>(value) % max_sockets];
    const bool current = found.generation == static_cast<std::size_t>(value) / max_sockets;
    return current && found.kind != Kind::unused ? &found : nullptr;
}

Result<SimSockets::Socket*> SimSockets::find(SocketId socket, Kind kind) {
    if (!has_power()) return fail(errors::power_lost);
    Socket* found = find(socket);
    if (found == nullptr || found->kind != kind) return fail(errors::invalid_argument);
    return found;
}

SimSockets::Socket* SimSockets::find_bound(Kind kind, const Endpoint& at) {
    for (Socket& socket : sockets_) {
        if (socket.kind == kind && covers(socket.at, at)) return &socket;
    }
    return nullptr;
}

// Through which of the host's addresses packets to `address` leave; null when there is no way.
const SimPlace* SimSockets::place_towards(const chip::IpAddress& address) const {
    if (access_point_ && same_subnet(access_point_->address, address)) return &*access_point_;
    const bool up = link_ == nullptr || link_->carries();
    return up ? &place_ : nullptr;
}

Result<SocketId> SimSockets::connect(const Endpoint& to) {
    if (!has_power()) return fail(errors::power_lost);
    const SimPlace* from = place_towards(to.address);
    if (from == nullptr) return fail(errors::socket_unreachable);
    if (open_sockets() == max_sockets) return fail(errors::socket_none_left);
    return add({.kind = Kind::stream, .stream = network_.connect(*from, to)});
}

Status SimSockets::connected(SocketId socket) {
    const auto found = find(socket, Kind::stream);
    if (!found) return fail(found.error());
    return (*found)->end == 0 ? (*found)->stream->connected() : Status{};
}

Result<SocketId> SimSockets::add_bound(Kind kind, const Endpoint& at, std::size_t backlog) {
    Endpoint bound = at;
    if (bound.port == 0) bound.port = network_.free_port();
    if (find_bound(kind, bound) != nullptr) return fail(errors::socket_in_use);
    return add({.kind = kind, .at = bound, .backlog = backlog});
}

Result<SocketId> SimSockets::listen(const Endpoint& at, int backlog) {
    return add_bound(Kind::listener, at, static_cast<std::size_t>(std::max(backlog, 1)));
}

Result<SocketId> SimSockets::bind_udp(const Endpoint& at) { return add_bound(Kind::datagrams, at, 0); }

Result<SocketId> SimSockets::accept(SocketId listener) {
    const auto found = find(listener, Kind::listener);
    if (!found) return fail(found.error());
    if ((*found)->waiting.empty()) return fail(errors::would_block);
    if (open_sockets() == max_sockets) return fail(errors::socket_none_left);
    auto connection = std::move((*found)->waiting.front());
    (*found)->waiting.pop_front();
    return add({.kind = Kind::stream, .stream = std::move(connection), .end = 1});
}

int SimSockets::offer(const Endpoint& at, const std::shared_ptr<SimTcp>& connection) {
    Socket* listener = find_bound(Kind::listener, at);
    if (listener == nullptr) return -1;
    if (listener->waiting.size() >= listener->backlog) return 0;
    listener->waiting.push_back(connection);
    return 1;
}

void SimSockets::deliver(const Endpoint& at, const Endpoint& from, ConstBytes bytes) {
    Socket* socket = find_bound(Kind::datagrams, at);
    if (socket == nullptr || socket->messages.size() >= messages_max) return;
    socket->messages.push_back({from, {bytes.begin(), bytes.end()}});
}

Result<std::size_t> SimSockets::send(SocketId socket, ConstBytes bytes) {
    const auto found = find(socket, Kind::stream);
    if (!found) return fail(found.error());
    return (*found)->stream->send((*found)->end, bytes);
}

Result<std::size_t> SimSockets::receive(SocketId socket, MutBytes out) {
    const auto found = find(socket, Kind::stream);
    if (!found) return fail(found.error());
    if (out.empty()) return fail(errors::invalid_argument);
    return (*found)->stream->receive((*found)->end, out);
}

Status SimSockets::send_to(SocketId socket, const Endpoint& to, ConstBytes bytes) {
    const auto found = find(socket, Kind::datagrams);
    if (!found) return fail(found.error());
    if ((*found)->at.address.family != to.address.family) return fail(errors::socket_unreachable);
    const SimPlace* from = place_towards(to.address);
    if (from == nullptr) return fail(errors::socket_unreachable);
    network_.send_datagram(*from, (*found)->at.port, to, bytes);
    return {};
}

Result<chip::Datagram> SimSockets::receive_from(SocketId socket, MutBytes out) {
    const auto found = find(socket, Kind::datagrams);
    if (!found) return fail(found.error());
    auto& messages = (*found)->messages;
    if (messages.empty()) return fail(errors::would_block);
    const Message message = std::move(messages.front());
    messages.pop_front();
    const std::size_t size = std::min(out.size(), message.bytes.size());
    copy(ConstBytes(message.bytes).first(size), out);
    return chip::Datagram{message.from, size};
}

Result<Endpoint> SimSockets::local(SocketId socket) {
    const Socket* found = find(socket);
    if (found == nullptr) return fail(errors::invalid_argument);
    return found->kind == Kind::stream ? found->stream->endpoint(found->end) : found->at;
}

void SimSockets::close(SocketId socket) {
    Socket* found = find(socket);
    if (found == nullptr) return;
    if (found->stream) found->stream->close(found->end);
    for (const auto& connection : found->waiting) {
        connection->reset();
        connection->close(1);
    }
    *found = Socket{.generation = found->generation};
}

bool SimSockets::ready(const chip::Interest& interest, bool to_write) {
    Socket* socket = find(interest.socket);
    if (socket == nullptr) return true;
    switch (socket->kind) {
        case Kind::stream:
            return to_write ? socket->stream->writable(socket->end) : socket->stream->readable(socket->end);
        case Kind::listener:
            return !to_write && !socket->waiting.empty();
        case Kind::datagrams:
            return to_write || !socket->messages.empty();
        case Kind::unused:
            break;
    }
    return true;
}

bool SimSockets::any_ready(std::span<const chip::Interest> interests) {
    return std::any_of(interests.begin(), interests.end(), [this](const chip::Interest& interest) {
        return (interest.read && ready(interest, false)) || (interest.write && ready(interest, true));
    });
}

Status SimSockets::wait(std::span<chip::Interest> interests, Duration timeout) {
    for (auto& interest : interests) interest.ready_read = interest.ready_write = false;
    if (!has_power() && ++waits_without_power_ > waits_without_power_max) {
        std::fputs("vchip: the firmware goes on waiting although the power is off\n", stderr);
        std::abort();
    }
    if (!has_power()) return fail(errors::power_lost);
    SimWorld& world = network_.world();
    const Instant deadline = world.now() + std::clamp(timeout, Duration::zero(), longest_sleep);
    world.run_until([&] { return !has_power() || woken_ || any_ready(interests); }, deadline);
    if (!has_power()) return fail(errors::power_lost);
    woken_ = false;
    for (auto& interest : interests) {
        interest.ready_read = interest.read && ready(interest, false);
        interest.ready_write = interest.write && ready(interest, true);
    }
    return {};
}

}  // namespace esb::vchip
