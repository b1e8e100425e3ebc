#include "esb/net/http_get.hpp"
#include "support/net_rig.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

namespace {

using namespace esb;
using test::ScriptedServer;
using test::server_address;
using End = ScriptedServer::End;

struct Handler : net::HttpHandler {
    std::optional<net::HttpHead> head;
    std::string body;
    int done = 0;
    Status outcome;
    std::function<Status()> at_head = [] { return Status(); };
    std::function<Status()> at_body = [] { return Status(); };
    std::function<void()> at_done = [] {};

    Status on_head(const net::HttpHead& seen) override {
        head = seen;
        return at_head();
    }
    Status on_body(ConstBytes piece) override {
        body += as_text(piece);
        return at_body();
    }
    void on_done(Status how) override {
        ++done;
        outcome = how;
        at_done();
    }
    std::string_view name() const { return done == 0 ? "not done" : outcome ? "ok" : outcome.error().name(); }
};

constexpr auto url = "http://server.test/firmware.bin?x=1";
const std::string simple = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct HttpGetTest : ::testing::Test {
    test::NetRig rig;
    ScriptedServer server{rig.network, server_address, 80};
    net::HttpGet get{rig.reactor, rig.names};
    Handler handler;

    std::string_view fetch(std::uint64_t from = 0, Duration limit = 1h) {
        handler = Handler();
        EXPECT_TRUE(get.start(url, from, handler));
        EXPECT_TRUE(get.active());
        rig.run_until([&] { return handler.done > 0; }, limit);
        EXPECT_EQ(get.active(), handler.done == 0);
        EXPECT_LE(handler.done, 1);
        return handler.name();
    }
    // Seconds a fetch took.
    std::int64_t seconds_of(std::string_view expected) {
        const Instant start = rig.world.now();
        EXPECT_EQ(fetch(), expected);
        return std::chrono::duration_cast<std::chrono::seconds>(rig.world.now() - start).count();
    }
};

TEST_F(HttpGetTest, asks_for_the_resource_and_gives_its_body) {
    server.reply(simple);
    EXPECT_EQ(fetch(), "ok");
    EXPECT_EQ(handler.body, "hello");
    EXPECT_EQ(handler.head->content_length, 5U);
    EXPECT_EQ(server.request,
              "GET /firmware.bin?x=1 HTTP/1.1\r\nHost: server.test\r\nUser-Agent: esb\r\nAccept: */*\r\n"
              "Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
}

TEST_F(HttpGetTest, asks_for_the_rest) {
    server.reply("HTTP/1.1 206 P\r\nContent-Range: bytes 70000-70004/70005\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(fetch(70000), "ok");
    EXPECT_NE(server.request.find("\r\nRange: bytes=70000-\r\n"), std::string::npos);
    EXPECT_EQ(handler.head->offset, 70000U);
    EXPECT_EQ(handler.body, "hello");
}

TEST_F(HttpGetTest, a_server_that_ignores_the_range_is_told_by_the_offset) {
    server.reply(simple);
    EXPECT_EQ(fetch(3), "ok");
    EXPECT_EQ(handler.head->offset, 0U);
}

TEST_F(HttpGetTest, a_wrong_range_is_refused) {
    server.reply("HTTP/1.1 206 P\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(fetch(3), "http.range");
    EXPECT_EQ(handler.body, "");
}

TEST_F(HttpGetTest, another_port_is_in_the_host_header_and_the_root_is_the_default_target) {
    ScriptedServer other{rig.network, chip::IpAddress::v4(192, 0, 2, 2), 8080};
    other.reply(simple);
    ASSERT_TRUE(get.start("http://192.0.2.2:8080", 0, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "ok");
    EXPECT_TRUE(other.request.starts_with("GET / HTTP/1.1\r\nHost: 192.0.2.2:8080\r\n")) << other.request;
}

TEST_F(HttpGetTest, does_not_wait_for_the_server_to_close) {
    server.reply(simple, End::stay);
    EXPECT_EQ(fetch(0, 5s), "ok");
    rig.run_for(1s);
    EXPECT_TRUE(server.peer_left);
}

TEST_F(HttpGetTest, statuses_are_told_and_redirects_not_followed) {
    for (const int status : {301, 302, 404, 500}) {
        server.reply("HTTP/1.1 " + std::to_string(status) + " x\r\nLocation: /other\r\n\r\n");
        EXPECT_EQ(fetch(), "http.status");
        EXPECT_EQ(handler.outcome.error().detail(), status);
    }
    EXPECT_EQ(server.connections, 4);
}

TEST_F(HttpGetTest, every_cut_of_the_answer_is_truncation) {
    for (std::size_t cut = 0; cut < simple.size(); ++cut) {
        server.reply(simple.substr(0, cut));
        ASSERT_EQ(fetch(), "http.truncated") << cut;
    }
}

TEST_F(HttpGetTest, a_reset_within_the_body_is_named) {
    server.script = {{simple.substr(0, simple.size() - 2)}, {"", 100ms}};
    server.end = End::reset;
    EXPECT_EQ(fetch(), "socket.reset");
}

TEST_F(HttpGetTest, garbage_is_malformed) {
    server.reply("SSH-2.0-OpenSSH_9.2p1\r\n");
    EXPECT_EQ(fetch(), "http.malformed");
}

TEST_F(HttpGetTest, an_endless_header_ends) {
    server.reply("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'));
    EXPECT_EQ(fetch(), "http.header_too_large");
}

TEST_F(HttpGetTest, connection_troubles_are_named) {
    ASSERT_TRUE(get.start("http://server.test:81/", 0, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "socket.refused");
    handler = Handler();
    ASSERT_TRUE(get.start("http://nobody.test/", 0, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "dns.not_found");
}

TEST_F(HttpGetTest, silence_before_the_header_ends_after_its_time) {
    server.reply("", End::stay);
    EXPECT_EQ(seconds_of("http.too_slow"), 15);
    server.reply("HTTP/1.1 200 OK\r\n", End::stay);
    EXPECT_EQ(seconds_of("http.too_slow"), 15);
}

TEST_F(HttpGetTest, a_header_that_drips_does_not_extend_its_time) {
    server.script.clear();
    for (const char c : simple) server.script.push_back({std::string(1, c), 1s});
    EXPECT_EQ(seconds_of("http.too_slow"), 15);
}

TEST_F(HttpGetTest, silence_within_the_body_ends_after_its_time) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel"}, {"lo", 19s}};
    server.end = End::stay;
    EXPECT_EQ(seconds_of("http.too_slow"), 39);
    EXPECT_EQ(handler.body, "hello");
}

TEST_F(HttpGetTest, less_than_the_minimum_rate_ends_within_two_minutes) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + std::string(20'000, 'x')}};
    for (int i = 0; i < 1000; ++i) server.script.push_back({std::string(500, 'x'), 1s});
    const auto seconds = seconds_of("http.too_slow");
    EXPECT_GE(seconds, 60);
    EXPECT_LE(seconds, 121);
}

TEST_F(HttpGetTest, just_the_minimum_rate_is_enough) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"}};
    for (int i = 0; i < 300; ++i) server.script.push_back({std::string(1000, 'x'), 1s});
    const auto seconds = seconds_of("ok");
    EXPECT_GE(seconds, 300);
    EXPECT_EQ(handler.body.size(), 300'000U);
}

TEST_F(HttpGetTest, everything_ends_after_the_total_time) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n"}};
    for (int i = 0; i < 30'000; ++i) server.script.push_back({std::string(700, 'x'), 1s});
    EXPECT_EQ(seconds_of("http.too_slow"), 30 * 60);
}

TEST_F(HttpGetTest, a_big_body_in_small_segments_arrives_whole) {
    rig.network.faults(server_address).latency = 0ms;
    rig.network.faults(server_address).max_segment = 97;
    server.reply("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'z'));
    EXPECT_EQ(fetch(), "ok");
    EXPECT_EQ(handler.body, std::string(100'000, 'z'));
}

TEST_F(HttpGetTest, the_handlers_error_ends_it) {
    server.reply(simple);
    handler.at_head = [] { return Status(fail(errors::full)); };
    ASSERT_TRUE(get.start(url, 0, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "full");
    rig.run_for(1s);
    EXPECT_EQ(handler.done, 1);
}

TEST_F(HttpGetTest, after_cancel_no_callback_comes) {
    server.reply(simple, End::stay);
    for (const Duration when : {0ms, 1ms, 6ms, 9ms, 12ms}) {
        handler = Handler();
        ASSERT_TRUE(get.start(url, 0, handler));
        rig.run_for(when);
        const auto body = handler.body;
        const auto done = handler.done;
        get.cancel();
        EXPECT_FALSE(get.active());
        rig.run_for(1h);
        EXPECT_EQ(handler.body, body);
        EXPECT_EQ(handler.done, done);
    }
    EXPECT_EQ(rig.sockets.open_sockets(), 0U);
}

TEST_F(HttpGetTest, may_be_cancelled_and_started_anew_in_every_callback) {
    server.reply(simple);
    Handler second;
    const auto restart = [&] {
        get.cancel();
        EXPECT_TRUE(get.start(url, 0, second));
        return Status();
    };
    for (const std::string_view where : {"head", "body", "done"}) {
        SCOPED_TRACE(where);
        handler = Handler();
        second = Handler();
        if (where == "head") handler.at_head = restart;
        if (where == "body") handler.at_body = restart;
        if (where == "done") handler.at_done = [&] { restart(); };
        ASSERT_TRUE(get.start(url, 0, handler));
        rig.run_until([&] { return second.done > 0; });
        EXPECT_EQ(handler.done, where == "done" ? 1 : 0);
        EXPECT_EQ(second.name(), "ok");
        EXPECT_EQ(second.body, "hello");
    }
}

TEST_F(HttpGetTest, bad_starts_are_refused) {
    EXPECT_EQ(get.start("no url", 0, handler).error(), errors::url_bad);
    EXPECT_EQ(get.start("ftp://h/", 0, handler).error(), errors::url_scheme);
    EXPECT_EQ(get.start("https://h/", 0, handler).error(), errors::http_https);
    EXPECT_FALSE(get.active());
    server.reply(simple);
    ASSERT_TRUE(get.start(url, 0, handler));
    Handler other;
    EXPECT_EQ(get.start(url, 0, other).error(), errors::busy);
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "ok");
}

TEST_F(HttpGetTest, the_longest_url_fits) {
    server.reply(simple);
    const std::string longest = "http://server.test/" + std::string(255 - 19, 'x');
    ASSERT_TRUE(get.start(longest, 0xFFFFFFFFFFFFFFFFULL, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "ok");
    EXPECT_NE(server.request.find("bytes=18446744073709551615-\r\n"), std::string::npos);
}

TEST_F(HttpGetTest, a_full_reactor_is_an_error) {
    struct Idle : net::Task {
        void step(Instant) override {}
        std::optional<Instant> deadline() const override { return {}; }
    };
    std::array<Idle, net::Reactor::max_tasks> idle;
    for (auto& task : idle) ASSERT_TRUE(rig.reactor.add(task));
    EXPECT_EQ(get.start(url, 0, handler).error(), errors::full);
    rig.reactor.remove(idle[0]);
    EXPECT_EQ(get.start(url, 0, handler).error(), errors::full);
    EXPECT_FALSE(get.active());
}

TEST_F(HttpGetTest, a_server_that_does_not_answer_at_all_is_named) {
    rig.network.faults(server_address).black_hole = true;
    EXPECT_EQ(fetch(), "socket.timed_out");
}

}  // namespace
