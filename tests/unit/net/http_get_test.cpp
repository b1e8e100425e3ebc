#include "esb/net/http_get.hpp"
#include "support/net_rig.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

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
    std::string etag;
    std::string hosts;
    std::string_view forbidden;

    Status on_head(const net::HttpHead& seen) override {
        head = seen;
        etag = seen.etag;
        return at_head();
    }
    Status on_body(ConstBytes piece) override {
        body += as_text(piece);
        return at_body();
    }
    Status on_host(std::string_view host) override {
        hosts.append(host).append(" ");
        return host == forbidden ? Status(fail(errors::not_found)) : Status();
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

TEST_F(HttpGetTest, statuses_are_told_with_the_host) {
    for (const int status : {300, 304, 305, 306, 403, 404, 500}) {
        server.reply("HTTP/1.1 " + std::to_string(status) + " x\r\nLocation: /other\r\n\r\n");
        EXPECT_EQ(fetch(), "http.status");
        EXPECT_EQ(handler.outcome.error().detail(), status);
        EXPECT_EQ(get.host(), "server.test");
    }
    EXPECT_EQ(server.connections, 7);
}

// What the server gives to the n-th connection.
struct Redirects : HttpGetTest {
    ScriptedServer other{rig.network, chip::IpAddress::v4(192, 0, 2, 2), 8080};

    void lead(ScriptedServer& from, const std::string& to, int status = 302) {
        from.reply("HTTP/1.1 " + std::to_string(status) + " x\r\nLocation: " + to +
                       "\r\nContent-Length: 1000000\r\n\r\n<html>moved",
                   End::stay);
    }
};

TEST_F(Redirects, every_kind_is_followed_without_its_body) {
    for (const int status : {301, 302, 303, 307, 308}) {
        lead(server, "http://192.0.2.2:8080/a/b?c=d#part", status);
        other.reply(simple);
        EXPECT_EQ(fetch(0, 5s), "ok") << status;
        EXPECT_EQ(handler.body, "hello");
        EXPECT_TRUE(other.request.starts_with("GET /a/b?c=d HTTP/1.1\r\nHost: 192.0.2.2:8080\r\n")) << other.request;
        EXPECT_EQ(get.host(), "192.0.2.2");
    }
}

TEST_F(Redirects, a_resumed_request_stays_one) {
    lead(server, "//192.0.2.2:8080/x");
    other.reply("HTTP/1.1 206 P\r\nContent-Range: bytes 70000-70004/70005\r\n\r\nhello");
    handler = Handler();
    ASSERT_TRUE(get.start(url, 70000, handler, "\"v1\""));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "ok");
    EXPECT_EQ(handler.head->offset, 70000U);
    EXPECT_NE(other.request.find("\r\nRange: bytes=70000-\r\nIf-Range: \"v1\"\r\n"), std::string::npos);
}

TEST_F(Redirects, five_are_followed_and_the_sixth_is_too_many) {
    for (const int hops : {5, 6}) {
        int left = hops;
        server.on_request = [&](const std::string&) {
            if (left-- > 0) return lead(server, "hop" + std::to_string(left));
            server.reply(simple);
        };
        const int before = server.connections;
        EXPECT_EQ(fetch(), hops == 5 ? "ok" : "http.redirects");
        EXPECT_EQ(server.connections - before, 6);
    }
}

TEST_F(Redirects, a_circle_ends_at_once) {
    lead(server, "/firmware.bin?x=1");
    EXPECT_EQ(fetch(), "http.redirects");
    EXPECT_EQ(server.connections, 1);
    lead(server, "#top");
    EXPECT_EQ(fetch(), "http.redirects");
    lead(server, "http://192.0.2.2:8080/x");
    lead(other, url);
    EXPECT_EQ(fetch(), "http.redirects");
    EXPECT_EQ(other.connections, 1);
}

TEST_F(Redirects, what_is_no_usable_url_is_named) {
    for (const std::string to :
         {"ftp://h/", "http://user@h/", "http://u:p@h/", "http://[::1]/", "http://127.1/", "http://0x7f000001/",
          "http://h:0/", "a b", "/\xC3\xA4", "http:///x", "", "  ", "/%zz"}) {
        lead(server, to);
        EXPECT_EQ(fetch(), "http.location") << to;
        EXPECT_EQ(get.host(), "server.test") << to;
    }
    lead(server, "/" + std::string(3000, 'x'));
    EXPECT_EQ(fetch(), "http.location");
    server.reply("HTTP/1.1 302 x\r\n\r\n");
    EXPECT_EQ(fetch(), "http.location");
    server.reply("HTTP/1.1 302 x\r\nLocation: /a\r\nLocation: /b\r\n\r\n");
    EXPECT_EQ(fetch(), "http.location");
}

TEST_F(Redirects, to_https_names_the_host) {
    lead(server, "https://objects.test/x");
    EXPECT_EQ(fetch(), "http.https");
    EXPECT_EQ(get.host(), "objects.test");
}

TEST_F(Redirects, the_handler_is_asked_about_every_host) {
    lead(server, "http://192.0.2.2:8080/x");
    other.reply(simple);
    EXPECT_EQ(fetch(), "ok");
    EXPECT_EQ(handler.hosts, "server.test 192.0.2.2 ");
    handler = Handler();
    handler.forbidden = "192.0.2.2";
    ASSERT_TRUE(get.start(url, 0, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "not_found");
    handler = Handler();
    handler.forbidden = "server.test";
    EXPECT_EQ(get.start(url, 0, handler).error(), errors::not_found);
    EXPECT_FALSE(get.active());
}

TEST_F(Redirects, silence_after_a_redirect_ends_after_its_time) {
    lead(server, "http://192.0.2.2:8080/x");
    other.reply("", End::stay);
    EXPECT_EQ(seconds_of("http.silent"), 15);
    EXPECT_EQ(get.host(), "192.0.2.2");
}

TEST_F(HttpGetTest, a_coded_body_is_named) {
    for (const std::string& coding :
         std::vector<std::string>{"gzip", "br", "GZIP", "identity, gzip", std::string(100, 'x')}) {
        server.reply("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\nContent-Length: 5\r\n\r\nhello");
        EXPECT_EQ(fetch(), "http.encoded") << coding;
    }
    for (const std::string coding : {"identity", "Identity", ""}) {
        server.reply("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\nContent-Length: 5\r\n\r\nhello");
        EXPECT_EQ(fetch(), "ok") << coding;
    }
    server.reply("HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=x\r\n\r\n--x\r\n");
    EXPECT_EQ(fetch(3), "http.range");
    server.reply("HTTP/1.1 200 OK\r\nContent-Type: Multipart/mixed; boundary=x\r\n\r\n--x\r\n");
    EXPECT_EQ(fetch(), "http.encoded");
}

TEST_F(HttpGetTest, validators_are_told) {
    const auto version_of = [&](const std::string& lines) {
        server.reply("HTTP/1.1 200 OK\r\n" + lines + "Content-Length: 5\r\n\r\nhello");
        EXPECT_EQ(fetch(), "ok");
        return handler.head->version;
    };
    EXPECT_FALSE(version_of(""));
    EXPECT_EQ(handler.etag, "");
    const auto strong = version_of("Last-Modified: x\r\nETag: \"a\"\r\n");
    EXPECT_EQ(handler.etag, "\"a\"");
    EXPECT_EQ(version_of("ETag: \"a\"\r\nLast-Modified: y\r\n"), strong) << "a tag says more than a date";
    const auto weak = version_of("ETag: W/\"a\"\r\n");
    EXPECT_EQ(handler.etag, "") << "RFC 9110 §13.1.5: not for If-Range";
    EXPECT_NE(weak, strong);
    EXPECT_NE(version_of("Last-Modified: a\r\n"), version_of("Last-Modified: b\r\n"));
}

TEST_F(HttpGetTest, whatever_a_server_does_the_request_ends_within_its_times) {
    const char* scale = std::getenv("ESB_CUTS");
    const unsigned seeds = 1000 * static_cast<unsigned>(scale != nullptr ? std::max(1, std::atoi(scale)) : 1);
    std::map<std::string_view, int> outcomes;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        std::minstd_rand random(seed);
        const auto up_to = [&](unsigned most) { return static_cast<int>(random() % (most + 1)); };
        rig.network.faults(server_address).max_segment = static_cast<std::size_t>(1 + up_to(1435));
        rig.network.faults(server_address).latency = Duration(up_to(200));
        const std::string body(static_cast<std::size_t>(up_to(30'000)), 'x');
        std::string all = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        server.script.clear();
        while (!all.empty()) {
            const auto size = std::min<std::size_t>(all.size(), static_cast<std::size_t>(1 + up_to(8000)));
            const Duration pause(up_to(9) == 0 ? up_to(40'000) : up_to(300));
            server.script.push_back({all.substr(0, size), pause});
            all.erase(0, size);
        }
        const bool whole = up_to(1) == 0;
        if (!whole) server.script.resize(static_cast<std::size_t>(up_to(static_cast<unsigned>(server.script.size()))));
        server.end =
            whole ? End::stay : std::array{End::close, End::stay, End::reset}[static_cast<std::size_t>(up_to(2))];
        const Instant start = rig.world.now();
        const auto outcome = fetch(0, 10min);
        ++outcomes[outcome];
        ASSERT_NE(outcome, "not done") << "seed " << seed;
        ASSERT_LE(rig.world.now() - start, 5min) << "seed " << seed;
        ASSERT_TRUE(outcome != "ok" || handler.body == body) << "seed " << seed;
    }
    for (const auto& [name, count] : outcomes) std::printf("%s: %d\n", std::string(name).c_str(), count);
    EXPECT_GT(outcomes["ok"], 0);
    EXPECT_GT(outcomes["http.silent"], 0);
    EXPECT_EQ(rig.sockets.open_sockets(), 0U);
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
    EXPECT_EQ(seconds_of("http.silent"), 15);
    server.reply("HTTP/1.1 200 OK\r\n", End::stay);
    EXPECT_EQ(seconds_of("http.silent"), 15);
}

TEST_F(HttpGetTest, a_header_that_drips_does_not_extend_its_time) {
    server.script.clear();
    for (const char c : simple) server.script.push_back({std::string(1, c), 1s});
    EXPECT_EQ(seconds_of("http.slow"), 15);
}

TEST_F(HttpGetTest, silence_within_the_body_ends_after_its_time) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + std::string(15'000, 'x')}, {"lo", 5s}};
    server.end = End::stay;
    EXPECT_EQ(seconds_of("http.silent"), 25);
    EXPECT_EQ(handler.body.size(), 15'002U);
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel"}};
    EXPECT_EQ(seconds_of("http.silent"), 20);
}

TEST_F(HttpGetTest, less_than_the_minimum_rate_ends_with_its_window) {
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + std::string(20'000, 'x')}};
    for (int i = 0; i < 1000; ++i) server.script.push_back({std::string(500, 'x'), 1s});
    EXPECT_EQ(seconds_of("http.slow"), 40);
    server.script = {{"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n"}};
    for (int i = 0; i < 1000; ++i) server.script.push_back({"x", 1s});
    EXPECT_EQ(seconds_of("http.slow"), 20) << "a byte a second";
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
    EXPECT_EQ(seconds_of("http.slow"), 30 * 60);
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
    const std::string longest = "http://server.test/" + std::string(net::max_url - 19, 'x');
    ASSERT_TRUE(get.start(longest, 0xFFFFFFFFFFFFFFFFULL, handler));
    rig.run_until([&] { return handler.done > 0; });
    EXPECT_EQ(handler.name(), "ok");
    EXPECT_NE(server.request.find("bytes=18446744073709551615-\r\n"), std::string::npos);
}

TEST_F(HttpGetTest, a_full_reactor_is_an_error) {
    struct Idle : Task {
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
