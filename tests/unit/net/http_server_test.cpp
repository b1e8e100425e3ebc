#include "support/web_rig.hpp"

#include <gtest/gtest.h>

namespace {

using namespace esb;
using test::get_request;
using test::image_post;
using test::json_post;
using test::WebRig;

struct HttpServerTest : ::testing::Test {
    WebRig rig;
    HttpServerTest() { EXPECT_TRUE(rig.server.listening()); }
    ~HttpServerTest() override { EXPECT_LE(rig.most_sockets, 1 + net::HttpServer::max_connections); }
};

TEST_F(HttpServerTest, answers_a_get) {
    auto& phone = rig.ask(get_request("/?a=b"));
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_EQ(phone.body(), "hello");
    EXPECT_EQ(rig.site.requests, std::vector<std::string>{"GET /?a=b"});
}

TEST_F(HttpServerTest, every_reply_carries_the_security_headers) {
    for (const auto& text : {get_request("/"), std::string("PUT / HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n"),
                             std::string("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")}) {
        auto& phone = rig.ask(text);
        for (std::string_view header :
             {"Cache-Control: no-store\r\n", "Connection: close\r\n", "X-Content-Type-Options: nosniff\r\n",
              "Referrer-Policy: no-referrer\r\n", "Content-Security-Policy: default-src 'none'; script-src 'self';"}) {
            EXPECT_TRUE(phone.has(header)) << header;
        }
        EXPECT_FALSE(phone.has("Access-Control"));
        EXPECT_FALSE(phone.has("Set-Cookie"));
        EXPECT_EQ(phone.received.find("unsafe"), std::string::npos);
    }
}

TEST_F(HttpServerTest, a_head_has_no_body) {
    auto& phone = rig.phone();
    phone.ask("HEAD /big HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n");
    rig.run_until([&] { return phone.over; });
    EXPECT_TRUE(phone.has("Content-Length: 60000"));
    EXPECT_TRUE(phone.received.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, constant_memory_is_streamed_and_marked_as_compressed) {
    auto& phone = rig.ask(get_request("/big"));
    EXPECT_TRUE(phone.has("Content-Encoding: gzip"));
    EXPECT_EQ(phone.body(), rig.site.big);
}

TEST_F(HttpServerTest, a_generated_body_comes_in_chunks_and_for_HTTP_1_0_until_the_end) {
    auto& modern = rig.ask(get_request("/list"));
    ASSERT_TRUE(modern.body());
    EXPECT_TRUE(modern.body()->starts_with("7:0...."));
    EXPECT_NE(modern.body()->find(";7:19..."), std::string::npos);

    auto& old = rig.ask("GET /list HTTP/1.0\r\nHost: 4.3.2.1\r\n\r\n");
    EXPECT_TRUE(old.over);
    EXPECT_FALSE(old.has("Transfer-Encoding"));
    EXPECT_EQ(old.body(), modern.body());

    rig.site.pieces = 0;
    EXPECT_EQ(rig.ask(get_request("/list")).body(), "");
}

TEST_F(HttpServerTest, a_foreign_name_is_sent_to_the_portal) {
    auto& phone = rig.ask("GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n");
    EXPECT_EQ(phone.status(), 302U);
    EXPECT_TRUE(phone.has("Location: http://4.3.2.1/\r\n"));
    EXPECT_EQ(phone.body(), "go");
}

TEST_F(HttpServerTest, json_is_collected_and_handed_over_whole) {
    const std::string body = "{\"ssid\":\"" + std::string(1500, 'x') + "\"}";
    auto& phone = rig.phone();
    rig.network.faults(test::portal_address).max_segment = 100;
    phone.ask(json_post(body));
    rig.run_until([&] { return phone.body().has_value(); });
    EXPECT_EQ(phone.status(), 200U);
    ASSERT_EQ(rig.site.bodies.size(), 1U);
    EXPECT_EQ(rig.site.bodies[0], body);
}

TEST_F(HttpServerTest, what_a_body_held_is_wiped) {
    rig.ask(json_post("{\"passphrase\":\"secret\"}" + std::string(1000, ' ')));
    EXPECT_EQ(rig.site.bodies.size(), 1U);
    EXPECT_EQ(as_text(rig.body).find("secret"), std::string_view::npos);
}

TEST_F(HttpServerTest, a_small_body_waits_for_nobody) {
    auto& large = rig.phone();
    large.ask(json_post("{", 2000));
    rig.run_for(20ms);
    rig.network.faults(test::portal_address).max_segment = 7;  // head and body in many pieces
    const Instant start = rig.world.now();
    const std::string body = "{\"ssid\":\"" + std::string(700, 's') + "\"}";
    EXPECT_EQ(rig.ask(json_post(body)).status(), 200U);
    EXPECT_EQ(rig.site.bodies, std::vector<std::string>{body});
    EXPECT_LT(rig.world.now() - start, rig.limits.body_grace);
    EXPECT_FALSE(large.over);
}

// RFC 9110 §10.1.1: a client that waits to be asked is asked, or refused at once.
TEST_F(HttpServerTest, who_waits_to_be_asked_for_the_body_is_asked) {
    const auto with = [](std::string text) { return text.insert(text.find("X-ESB"), "Expect: 100-continue\r\n"); };
    for (const std::size_t size : {std::size_t{20}, std::size_t{2000}}) {
        auto& phone = rig.phone();
        phone.ask(with(json_post("", size)));
        ASSERT_TRUE(rig.run_until([&] { return phone.received == "HTTP/1.1 100 Continue\r\n\r\n"; }, 1s));
        phone.to_send += std::string(size, ' ');
        EXPECT_TRUE(rig.run_until([&] { return phone.received.find("HTTP/1.1 200 OK") != std::string::npos; }, 1s));
    }
    auto& image = rig.phone();
    image.ask(with(image_post("", 3000)));
    ASSERT_TRUE(rig.run_until([&] { return image.received.starts_with("HTTP/1.1 100 "); }, 1s));
    image.to_send += std::string(3000, 'i');
    EXPECT_TRUE(rig.run_until([&] { return rig.site.ended == 1; }, 1s));
    EXPECT_EQ(rig.ask(with(json_post("", 2049))).status(), 413U);
    EXPECT_EQ(rig.ask(with(json_post("{}"))).status(), 200U);  // all of it has come already
}

TEST_F(HttpServerTest, an_upload_that_stands_still_gives_way_to_another) {
    rig.phone().ask(image_post("abc", 1000));
    rig.run_for(rig.limits.upload_grace - 500ms);
    EXPECT_EQ(rig.ask(image_post("defghi")).status(), 503U);
    rig.run_for(600ms);
    EXPECT_EQ(rig.ask(image_post("defghi")).body(), "stored");
    EXPECT_EQ(rig.site.uploaded, "defghi");
    EXPECT_EQ(rig.site.lost, 1);
    EXPECT_EQ(rig.phones[0]->status(), 408U);
}

TEST_F(HttpServerTest, a_body_that_does_not_fit_is_refused_at_once) {
    EXPECT_EQ(rig.ask(json_post(std::string(2048, ' '))).status(), 200U);
    auto& phone = rig.ask(json_post(std::string(2049, ' ')));
    EXPECT_EQ(phone.status(), 413U);
    EXPECT_EQ(rig.site.bodies.size(), 1U);
    EXPECT_EQ(rig.ask(json_post("", 4'000'000'000)).status(), 413U);
}

TEST_F(HttpServerTest, an_upload_is_streamed) {
    std::string image;
    for (int i = 0; i < 300'000; ++i) image += static_cast<char>(i * 7);
    auto& phone = rig.ask(image_post(image));
    EXPECT_EQ(phone.body(), "stored");
    EXPECT_TRUE(rig.site.uploaded == image);
    EXPECT_EQ(rig.site.ended, 1);
    EXPECT_EQ(rig.site.lost, 0);
}

TEST_F(HttpServerTest, an_upload_is_refused_before_during_and_told_when_lost) {
    rig.site.refuse_upload = net::HttpReply{.status = 409, .body = as_bytes("not now")};
    EXPECT_EQ(rig.ask(image_post("", 1'000'000)).body(), "not now");
    EXPECT_EQ(rig.site.uploads, 0);

    rig.site.refuse_upload.reset();
    rig.site.refuse_after = 5000;
    EXPECT_EQ(rig.ask(image_post(std::string(100'000, 'x'))).status(), 422U);
    EXPECT_EQ(rig.site.lost, 0);

    rig.site.refuse_after.reset();
    auto& leaver = rig.phone();
    leaver.ask(image_post("half", 1000));
    rig.run_until([&] { return rig.site.uploaded == "half"; });
    leaver.hang_up();
    rig.run_until([&] { return rig.site.lost == 1; }, 1s);
    EXPECT_EQ(rig.site.lost, 1);

    auto& sleeper = rig.ask(image_post("half", 1000));
    EXPECT_EQ(sleeper.status(), 408U);
    EXPECT_EQ(rig.site.lost, 2);
    EXPECT_EQ(rig.site.ended, 0);
    EXPECT_EQ(rig.ask(image_post("")).body(), "stored");
}

TEST_F(HttpServerTest, one_upload_at_a_time) {
    auto& first = rig.phone();
    first.ask(image_post("x", 1000));
    rig.run_until([&] { return rig.site.uploads == 1; });
    EXPECT_EQ(rig.ask(image_post("y", 1000)).status(), 503U);
    EXPECT_EQ(rig.site.uploads, 1);
}

TEST_F(HttpServerTest, two_json_bodies_at_once_are_taken_one_after_the_other) {
    auto& first = rig.phone();
    auto& second = rig.phone();
    const auto text = json_post("{\"a\":1" + std::string(900, ' ') + "}");
    first.ask(text.substr(0, 300));
    rig.run_for(20ms);
    second.ask(json_post("{\"b\":2" + std::string(1900, ' ') + "}"));
    rig.run_for(20ms);
    EXPECT_FALSE(first.body() || second.body()) << first.received << second.received;
    first.to_send = text;
    EXPECT_TRUE(rig.run_until([&] { return first.body() && second.body(); }, 5s));
    EXPECT_EQ(first.status(), 200U);
    EXPECT_EQ(second.status(), 200U);
    EXPECT_EQ(rig.site.bodies.size(), 2U);
}

TEST_F(HttpServerTest, a_connection_ends_after_its_reply) {
    auto& phone = rig.ask(get_request("/"));
    EXPECT_FALSE(phone.over);
    EXPECT_TRUE(rig.server.idle());
    EXPECT_TRUE(rig.run_until([&] { return phone.over; }, 2s));
    EXPECT_TRUE(rig.run_until([&] { return rig.sockets.open_sockets() == 1; }, 1s));
}

TEST_F(HttpServerTest, stops_and_starts_again) {
    auto& phone = rig.phone();
    phone.ask(image_post("x", 10));
    rig.run_until([&] { return rig.site.uploads == 1; });
    EXPECT_FALSE(rig.server.idle());
    EXPECT_FALSE(rig.server.start({test::portal_address, 81}, WebRig::hosts, rig.body));
    rig.server.stop();
    rig.server.stop();
    EXPECT_EQ(rig.site.lost, 1);
    EXPECT_EQ(rig.sockets.open_sockets(), 0U);
    ASSERT_TRUE(rig.server.start({test::portal_address, 80}, WebRig::hosts, rig.body));
    EXPECT_EQ(rig.ask(get_request("/")).status(), 200U);
}

TEST_F(HttpServerTest, a_port_that_is_taken_is_an_error) {
    net::HttpServer other(rig.reactor, rig.site);
    const auto started = other.start({test::portal_address, 80}, WebRig::hosts, rig.body);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error(), errors::socket_in_use);
    EXPECT_FALSE(other.listening());
}

TEST(HttpHead, texts_that_do_not_fit_become_a_bare_500) {
    std::array<std::uint8_t, 768> out;
    const std::string address(400, 'a');
    const auto head = net::write_http_head({.status = 302, .location = address}, false, out);
    EXPECT_TRUE(as_text(head).starts_with("HTTP/1.1 500 "));
    EXPECT_TRUE(as_text(net::write_http_head({.status = 418}, false, out)).starts_with("HTTP/1.1 418 Other\r\n"));
}

}  // namespace
