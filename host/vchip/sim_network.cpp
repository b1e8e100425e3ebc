#include "host/vchip/sim_network.hpp"

#include <algorithm>
#include <utility>

namespace esb::vchip {

namespace {

constexpr std::size_t datagrams_in_flight_max = 64;

}  // namespace

SimNetwork::SimNetwork(SimWorld& world) : world_(world) { world_.add_source(*this); }

SimNetwork::~SimNetwork() { world_.remove_source(*this); }

void SimNetwork::attach(const SimPlace& place, SimHost& host, const StationLink* link) {
    hosts_[place] = {&host, link};
    faults_[place].off = false;
}

void SimNetwork::detach(const SimPlace& place, const SimHost& host) {
    const auto found = hosts_.find(place);
    if (found == hosts_.end() || found->second.host != &host) return;
    for (const auto& connection : connections_) connection->forget(found->second.link);
    hosts_.erase(found);
}

SimHostView SimNetwork::view(const SimPlace& place) {
    const auto found = hosts_.find(place);
    return {&faults_[place], found == hosts_.end() ? nullptr : found->second.link};
}

std::uint16_t SimNetwork::free_port() {
    last_port_ = last_port_ == 65535 ? std::uint16_t{49152} : static_cast<std::uint16_t>(last_port_ + 1);
    return last_port_;
}

void SimNetwork::reset_connections(const chip::IpAddress& address) {
    for (const auto& connection : connections_) {
        if (connection->endpoint(0).address == address || connection->endpoint(1).address == address) {
            connection->reset();
        }
    }
}

std::shared_ptr<SimTcp> SimNetwork::connect(const SimPlace& from, const chip::Endpoint& to) {
    const SimPlace target{from.realm, to.address};
    const std::array<chip::Endpoint, 2> endpoints{chip::Endpoint{from.address, free_port()}, to};
    auto connection = std::make_shared<SimTcp>(world_, std::array{view(from), view(target)}, endpoints);
    std::erase_if(connections_, [](const auto& old) { return old->over(); });
    connections_.push_back(connection);
    openings_.push_back({connection, target});
    world_.note_change();
    return connection;
}

// One SYN arrives, or does not.
void SimNetwork::knock(const Opening& opening) {
    SimTcp& connection = *opening.connection;
    const SimFaults& faults = faults_[opening.to];
    const Instant answer_at = world_.now() + connection.latency();
    const auto found = hosts_.find(opening.to);
    if (faults.black_hole || faults.cut || faults.off || faults.pause_in || faults.pause_out)
        return connection.retry_syn();
    if (found == hosts_.end()) return connection.refuse(errors::socket_unreachable, answer_at);
    const Attached& host = found->second;
    if (host.link != nullptr && !host.link->carries()) return connection.retry_syn();
    if (faults.refuse) return connection.refuse(errors::socket_refused, answer_at);
    const int taken = host.host->offer(connection.endpoint(1), opening.connection);
    if (taken < 0) return connection.refuse(errors::socket_refused, answer_at);
    if (taken == 0) return connection.retry_syn();
    connection.answer(answer_at);
}

void SimNetwork::send_datagram(const SimPlace& from, std::uint16_t from_port, const chip::Endpoint& to,
                               ConstBytes bytes) {
    const SimPlace target{from.realm, to.address};
    const SimFaults& near = faults_[from];
    const SimFaults& far = faults_[target];
    const bool lost = near.cut || near.pause_out || far.cut || far.off || far.pause_in || far.black_hole;
    if (lost || datagrams_.size() >= datagrams_in_flight_max) return;
    datagrams_.push_back({world_.now() + near.latency + far.latency,
                          target,
                          to,
                          {from.address, from_port},
                          {bytes.begin(), bytes.end()}});
    world_.note_change();
}

std::optional<Instant> SimNetwork::due() const {
    std::optional<Instant> next;
    for (const auto& opening : openings_) next = earliest(next, opening.connection->next_syn());
    for (const auto& connection : connections_) next = earliest(next, connection->next_arrival());
    for (const auto& datagram : datagrams_) next = earliest(next, datagram.at);
    return next;
}

void SimNetwork::poll() {
    for (std::size_t i = 0; i < openings_.size(); ++i) {
        const Opening opening = openings_[i];
        if (opening.connection->opening() && !opening.connection->given_up() &&
            opening.connection->next_syn() <= world_.now()) {
            knock(opening);
        }
    }
    std::erase_if(openings_, [](const Opening& o) { return !o.connection->opening() || o.connection->given_up(); });
    std::vector<Datagram> arrived;
    for (auto& datagram : datagrams_) {
        if (datagram.at <= world_.now()) arrived.push_back(std::move(datagram));
    }
    std::erase_if(datagrams_, [this](const Datagram& datagram) { return datagram.at <= world_.now(); });
    for (const auto& datagram : arrived) {
        const auto found = hosts_.find(datagram.to);
        if (found == hosts_.end()) continue;
        if (found->second.link != nullptr && !found->second.link->carries()) continue;
        found->second.host->deliver(datagram.target, datagram.from, datagram.bytes);
    }
}

}  // namespace esb::vchip
