#include "tests/support/portal_rig.hpp"

namespace esb::test {

std::string api_post(std::string_view path, std::string_view body,
    std::string_view type) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string upload_post(std::string_view body) {
    return api_post("/api/update", body, "application/octet-stream");
}

Phone& PortalRig::phone() {
    phones.push_back(std::make_unique<Phone>(network, static_cast<std::uint8_t>(10 + phones.size())));
    return *phones.back();
}

bool PortalRig::run_until(const std::function<bool()>& done, Duration limit) {
    const Instant until = world.now() + limit;
    while (!done() && world.now() < until) {
        reactor.turn(std::min<Duration>(until - world.now(), std::chrono::milliseconds(10)));
    }
    return done();
}

Phone& PortalRig::ask(std::string text) {
    auto& made = phone();
    made.ask(std::move(text));
    run_until([&] { return made.body().has_value() || made.over; });
    return made;
}

std::string PortalRig::post(std::string_view path, std::string_view body) {
    return ask(api_post(path, body)).body().value_or("(none)");
}

}  // namespace esb::test
