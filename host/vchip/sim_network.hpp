// The network that the hosts of one test share: who listens where, connections, datagrams, faults.
#pragma once

#include "esb/chip/sockets.hpp"
#include "host/vchip/sim_tcp.hpp"
#include "host/vchip/sim_world.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace esb::vchip {

// An address within one broadcast domain. Realm 0 is the network everybody's station joins; each simulated chip's
// access point is a realm of its own, so that several can have the address 4.3.2.1.
struct SimPlace {
    std::uint32_t realm = 0;
    chip::IpAddress address;
    friend bool operator<(const SimPlace& a, const SimPlace& b) {
        return a.realm != b.realm ? a.realm < b.realm : a.address.bytes < b.address.bytes;
    }
};

// What the network asks of a host (SimSockets).
class SimHost {
public:
    virtual ~SimHost() = default;
    // Takes a new connection if somebody listens there: 1 = taken, 0 = the backlog is full, -1 = nobody listens.
    virtual int offer(const chip::Endpoint& at, const std::shared_ptr<SimTcp>& connection) = 0;
    // A datagram that arrived at `at`; it may be dropped.
    virtual void deliver(const chip::Endpoint& at, const chip::Endpoint& from, ConstBytes bytes) = 0;
};

class SimNetwork final : public WaitSource {
public:
    explicit SimNetwork(SimWorld& world);
    ~SimNetwork() override;
    SimNetwork(const SimNetwork&) = delete;
    SimNetwork& operator=(const SimNetwork&) = delete;

    SimWorld& world() { return world_; }
    // The faults around one address; they stay for whoever has the address.
    SimFaults& faults(const SimPlace& place) { return faults_[place]; }
    SimFaults& faults(const chip::IpAddress& address) { return faults({0, address}); }
    // Every connection of this host is reset, as when its process was killed.
    void reset_connections(const chip::IpAddress& address);
    // Connections that are open or opening.
    std::size_t connections() const { return connections_.size(); }
    std::uint32_t new_realm() { return ++realms_; }

    // For SimSockets. `link` may be null. A second host at the same place replaces the first.
    void attach(const SimPlace& place, SimHost& host, const StationLink* link);
    void detach(const SimPlace& place, const SimHost& host);
    std::shared_ptr<SimTcp> connect(const SimPlace& from, const chip::Endpoint& to);
    void send_datagram(const SimPlace& from, std::uint16_t from_port, const chip::Endpoint& to, ConstBytes bytes);
    std::uint16_t free_port();

    std::optional<Instant> due() const override;
    void poll() override;

private:
    struct Attached {
        SimHost* host = nullptr;
        const StationLink* link = nullptr;
    };
    struct Opening {
        std::shared_ptr<SimTcp> connection;
        SimPlace to;
    };
    struct Datagram {
        Instant at;
        SimPlace to;
        chip::Endpoint target, from;
        std::vector<std::uint8_t> bytes;
    };

    SimHostView view(const SimPlace& place);
    void knock(const Opening& opening);

    SimWorld& world_;
    std::map<SimPlace, SimFaults> faults_;
    std::map<SimPlace, Attached> hosts_;
    std::vector<std::shared_ptr<SimTcp>> connections_;
    std::vector<Opening> openings_;
    std::vector<Datagram> datagrams_;
    std::uint32_t realms_ = 0;
    std::uint16_t last_port_ = 49151;
};

}  // namespace esb::vchip
