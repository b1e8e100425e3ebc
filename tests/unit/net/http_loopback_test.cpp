// The web server on real sockets: what a simulation may have got wrong about halves of connections and resets.
#include "tests/support/web_rig.hpp"

#include "host/vchip/clock_posix.hpp"
#include "host/vchip/sockets_posix.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace esb;

struct HttpLoopback : ::testing::Test {
    vchip::SystemClock clock;
    vchip::PosixSockets sockets{clock};
    net::Reactor reactor{sockets, clock};
    test::RecordingSite site;
    std::array<std::uint8_t, 2048> body{};
    net::HttpServer server{reactor, site};
    std::uint16_t port = 0;
    std::vector<int> open;

    void SetUp() override {
        auto found = sockets.listen({chip::IpAddress::v4(127, 0, 0, 1), 0}, 1);  // a free port
        ASSERT_TRUE(found);
        port = sockets.local(*found)->port;
        sockets.close(*found);
        ASSERT_TRUE(server.start({chip::IpAddress::v4(127, 0, 0, 1), port}, test::WebRig::hosts, body));
    }
    ~HttpLoopback() override {
        for (int fd : open) ::close(fd);
    }
    int connect() {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        static_cast<void>(::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at));
        open.push_back(fd);
        return fd;
    }
    // Sends all of it while the server works, then reads until the server closes, or `limit` is over.
    std::string exchange(int fd, std::string_view text, bool half_close, Duration limit = std::chrono::seconds(10)) {
        std::string received;
        const Instant until = clock.now() + limit;
        bool said = false;
        while (clock.now() < until) {
            const auto sent = text.empty() ? 0 : ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
            if (text.empty() && half_close && !said) said = ::shutdown(fd, SHUT_WR) == 0;
            reactor.turn(std::chrono::milliseconds(1));
            std::array<char, 4096> buffer;
            const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (got > 0) received.append(buffer.data(), static_cast<std::size_t>(got));
            if (got == 0 || (got < 0 && errno == ECONNRESET)) return received;
        }
        return received;
    }
};

TEST_F(HttpLoopback, a_half_closed_client_gets_its_whole_reply) {
    const auto reply = exchange(connect(), test::get_request("/big"), true);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(reply.ends_with(site.big));
}

TEST_F(HttpLoopback, half_a_request_and_half_a_connection_get_nothing) {
    EXPECT_EQ(exchange(connect(), "GET / HTTP/1.1\r\nHost: 4.3", true), "");
    EXPECT_TRUE(site.requests.empty());
}

TEST_F(HttpLoopback, a_refusal_reaches_a_client_that_is_still_sending) {
    const auto reply = exchange(connect(), test::json_post(std::string(20'000, ' ')), false);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 413 Content Too Large\r\n"));
    EXPECT_TRUE(reply.ends_with(errors::web_body_too_large.text));
}

TEST_F(HttpLoopback, an_honest_client_behind_a_hundred) {
    for (int i = 0; i < 100; ++i) {
        connect();
        reactor.turn(Duration::zero());
    }
    EXPECT_TRUE(exchange(connect(), test::get_request("/"), true).ends_with("hello"));
}

}  // namespace
