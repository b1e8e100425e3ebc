// One client host with a reactor on the simulated network, and a stream handler that remembers what it was told.
#pragma once

#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/net/stream.hpp"
#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_parts.hpp"
#include "host/vchip/sim_resolver.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/sim_world.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>

namespace esb::test {

inline constexpr auto client_address = chip::IpAddress::v4(192, 0, 2, 10);
inline constexpr auto server_address = chip::IpAddress::v4(192, 0, 2, 1);

struct NetRig {
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, client_address};
    vchip::SimResolver resolver{world, sockets};
    vchip::SimEntropy entropy{1};
    net::Reactor reactor{sockets, world.clock()};
    net::Names names{reactor, resolver};

    NetRig() { resolver.set("server.test", server_address); }

    // Turns the reactor until `done`, or until `limit` of virtual time has passed; returns the last answer.
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60));
    void run_for(Duration time);
};

// Counts the callbacks, reads all it can, and checks that no callback comes from within a call (see Guard).
class RecordingHandler : public net::StreamHandler {
public:
    explicit RecordingHandler(net::Stream& stream) : stream_(stream) {}

    int opened = 0;
    int readable = 0;
    int writable = 0;
    int closed = 0;
    int nested = 0;  // callbacks from within a call; must stay 0
    std::optional<Error> why;
    std::string received;
    std::string to_send;
    std::size_t read_size = 1024;
    bool reads = true;
    std::function<void()> when_open, when_readable, when_writable, when_closed;

    bool over() const { return closed > 0; }

    Status open(std::string_view host, std::uint16_t port);
    void close();
    // Sends as much of `to_send` as goes.
    void send();
    // One read of at most read_size bytes.
    void read();

private:
    struct Guard {
        explicit Guard(RecordingHandler& handler) : owner(handler) { ++owner.inside_; }
        ~Guard() { --owner.inside_; }
        RecordingHandler& owner;
    };
    void note(int& count, const std::function<void()>& then);

    void on_open() override;
    void on_readable() override;
    void on_writable() override;
    void on_closed(const Error& error) override;

    net::Stream& stream_;
    int inside_ = 0;
};

}  // namespace esb::test
