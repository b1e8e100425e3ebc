#include "tests/support/tls_client.hpp"

namespace esb::test {

UnixTime now_really() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<UnixTime>(now) + std::chrono::hours(1);
}

Result<net::ClientKey> TestCredentials::own_key() {
    Result<net::ClientKey> secret;
    static_cast<void>(secret->assign(key));
    return secret;
}

bool TlsClient::run_until(const std::function<bool()>& done, Duration limit) {
    const auto until = clock.now() + limit;
    while (!done() && clock.now() < until) reactor.turn(std::chrono::milliseconds(20));
    return done();
}

std::string TlsClient::connect(const std::string& host, std::uint16_t port) {
    EXPECT_TRUE(handler.open(host, port));
    EXPECT_TRUE(run_until([&] { return handler.opened > 0 || handler.over(); }));
    return handler.opened > 0 ? "" : handler.why ? std::string(handler.why->name()) : "nothing";
}

}  // namespace esb::test
