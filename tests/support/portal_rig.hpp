// The whole portal on the simulated network, with a device that is not there and phones in any number.
#pragma once

#include "esb/base/json.hpp"
#include "esb/portal/portal.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/web_rig.hpp"

namespace esb::test {

std::string api_post(std::string_view path, std::string_view body = "{}",
                            std::string_view type = "application/json");
std::string upload_post(std::string_view body);

struct PortalRig {
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, portal_address};
    net::Reactor reactor{sockets, world.clock()};
    FakeHost host;
    portal::Portal portal{reactor, host};
    std::vector<std::unique_ptr<Phone>> phones;

    PortalRig() { static_cast<void>(portal.open(portal_address)); }

    Phone& phone();
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60));
    // Sends and waits for the whole reply.
    Phone& ask(std::string text);
    std::string get(std::string_view path) { return ask(get_request(path)).body().value_or("(none)"); }
    std::string post(std::string_view path, std::string_view body = "{}");
};

}  // namespace esb::test
