// The whole portal on the simulated network, with a device that is not there and phones in any number.
#pragma once

#include "esb/base/json.hpp"
#include "esb/portal/portal.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/web_rig.hpp"

namespace esb::test {

inline std::string api_post(std::string_view path, std::string_view body = "{}",
                            std::string_view type = "application/json") {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string upload_post(std::string_view body) {
    return api_post("/api/update", body, "application/octet-stream");
}

struct PortalRig {
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, portal_address};
    net::Reactor reactor{sockets, world.clock()};
    FakeHost host;
    portal::Portal portal{reactor, host};
    std::vector<std::unique_ptr<Phone>> phones;

    PortalRig() { static_cast<void>(portal.open(portal_address)); }

    Phone& phone() {
        phones.push_back(std::make_unique<Phone>(network, static_cast<std::uint8_t>(10 + phones.size())));
        return *phones.back();
    }
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60)) {
        const Instant until = world.now() + limit;
        while (!done() && world.now() < until) {
            reactor.turn(std::min<Duration>(until - world.now(), std::chrono::milliseconds(10)));
        }
        return done();
    }
    // Sends and waits for the whole reply.
    Phone& ask(std::string text) {
        auto& made = phone();
        made.ask(std::move(text));
        run_until([&] { return made.body().has_value() || made.over; });
        return made;
    }
    std::string get(std::string_view path) { return ask(get_request(path)).body().value_or("(none)"); }
    std::string post(std::string_view path, std::string_view body = "{}") {
        return ask(api_post(path, body)).body().value_or("(none)");
    }
};

}  // namespace esb::test
