// What a hostile neighbor may try. In every case the next honest phone is answered within two seconds of virtual time,
// and never are more sockets open than promised.
#include "support/web_rig.hpp"

#include <gtest/gtest.h>

namespace {

using namespace esb;
using test::get_request;
using test::image_post;
using test::json_post;
using test::Phone;
using test::WebRig;

constexpr Duration promised{2'000};

struct HttpAttack : ::testing::Test {
    WebRig rig;

    ~HttpAttack() override { EXPECT_LE(rig.most_sockets, 1 + net::HttpServer::max_connections); }

    void attack(int count, const std::function<void(Phone&)>& how) {
        for (int i = 0; i < count; ++i) how(rig.phone());
    }
    // One honest phone, asked for by a person who does not wait longer.
    void expect_honest_is_answered(std::string text = get_request("/"), std::string_view body = "hello") {
        const Instant start = rig.world.now();
        auto& honest = rig.ask(std::move(text), promised);
        EXPECT_EQ(honest.body(), body);
        EXPECT_LE(rig.world.now() - start, promised);
    }
};

TEST_F(HttpAttack, one_byte_a_second_of_a_head) {
    attack(4, [](Phone& phone) {
        phone.pace = 1s;
        phone.ask(get_request("/"));
    });
    rig.run_for(1500ms);
    expect_honest_is_answered();
    rig.run_for(1s);
    expect_honest_is_answered();
}

TEST_F(HttpAttack, a_slow_head_ends_even_when_nobody_else_comes) {
    auto& slow = rig.phone();
    slow.pace = 1s;
    slow.ask(get_request("/"));
    EXPECT_TRUE(rig.run_until([&] { return slow.body().has_value(); }, 6s));
    EXPECT_EQ(slow.status(), 408U);
    auto& silent = rig.phone();
    silent.ask("");
    EXPECT_TRUE(rig.run_until([&] { return silent.over; }, 6s));
    EXPECT_EQ(silent.received, "");
}

TEST_F(HttpAttack, one_byte_a_second_of_a_body) {
    attack(4, [](Phone& phone) { phone.ask(json_post("{", 1000)); });
    rig.run_for(200ms);
    expect_honest_is_answered();
    attack(4, [](Phone& phone) { phone.ask(json_post("{", 1000)); });
    rig.run_for(200ms);
    expect_honest_is_answered(json_post("{}"));
    EXPECT_EQ(rig.site.bodies, std::vector<std::string>{"{}"});
}

TEST_F(HttpAttack, a_hundred_connections_that_say_nothing) {
    attack(100, [](Phone& phone) { phone.ask(""); });
    rig.run_for(50ms);
    expect_honest_is_answered();
    EXPECT_GT(rig.server.counters().evicted, 0U);
}

TEST_F(HttpAttack, a_hundred_connections_with_half_a_head) {
    attack(100, [](Phone& phone) { phone.ask("GET / HTTP/1.1\r\nHost: 4.3.2.1\r\nX: "); });
    rig.run_for(50ms);
    expect_honest_is_answered();
}

TEST_F(HttpAttack, many_that_come_back_as_soon_as_they_are_thrown_out) {
    attack(8, [](Phone& phone) {
        phone.reconnects = true;
        phone.ask("GET / HT");
    });
    rig.run_for(1s);
    expect_honest_is_answered();
}

TEST_F(HttpAttack, readers_that_do_not_read) {
    attack(4, [](Phone& phone) {
        phone.reads = false;
        phone.ask(get_request("/big"));
    });
    rig.run_for(500ms);
    expect_honest_is_answered();
}

// They come back as soon as they are thrown out, and still cost the honest ones no waiting.
TEST_F(HttpAttack, bodies_that_never_come) {
    for (const std::size_t announced : {std::size_t{100}, std::size_t{2000}}) {
        attack(4, [&](Phone& phone) {
            phone.reconnects = true;
            phone.cool_down = 20ms;
            phone.ask(json_post("{}", announced));
        });
    }
    rig.run_for(1s);
    const Instant start = rig.world.now();
    constexpr int asked = 100;
    for (int i = 0; i < asked; ++i) {
        for (const auto& text : {get_request("/"), json_post("{\"a\":1}")}) {
            auto& honest = rig.phone();
            honest.reconnects = true;  // in such a crowd one may lose its place, and asks again
            honest.ask(text);
            EXPECT_TRUE(rig.run_until([&] { return honest.status() == 200 && honest.body() == "hello"; }, promised));
            honest.hang_up();
            honest.reconnects = false;
        }
    }
    EXPECT_EQ(rig.site.bodies.size(), static_cast<std::size_t>(asked));
    const auto each = (rig.world.now() - start) / (2 * asked);
    RecordProperty("milliseconds_each", static_cast<int>(each / 1ms));
    EXPECT_LT(each, 50ms);
}

TEST_F(HttpAttack, deaf_readers_that_come_back) {
    attack(4, [](Phone& phone) {
        phone.reads = false;
        phone.ask(get_request("/big"));
    });
    rig.run_for(50ms);
    for (int i = 0; i < 20; ++i) {
        const Instant start = rig.world.now();
        expect_honest_is_answered();
        EXPECT_LE(rig.world.now() - start, rig.limits.send_grace + 50ms);
        for (std::size_t k = 0; k < 4; ++k) rig.phones[k]->connect();
        rig.run_for(50ms);
    }
}

// A weak radio: a piece now and then, and half a second of nothing in between.
TEST_F(HttpAttack, a_slow_honest_upload_survives_every_crowd) {
    const std::string crowds[] = {
        "", "GET / HT", json_post("{", 100), json_post("{", 2000), get_request("/big"), image_post("x", 5000)};
    for (const auto& crowd : crowds) {
        WebRig weak;
        auto& honest = weak.phone();
        const std::string image(20'000, 'i');
        honest.ask(image_post(image).substr(0, 300));
        weak.run_until([&] { return weak.site.uploads == 1; });
        for (int i = 0; i < 8; ++i) weak.phone().reads = false;
        for (std::size_t at = 300; at < image_post(image).size(); at += 1000) {
            for (int again = 0; again < 5; ++again) {
                for (std::size_t k = 1; k < weak.phones.size(); ++k) weak.phones[k]->ask(crowd);
                weak.run_for(100ms);
            }
            honest.to_send += image_post(image).substr(at, 1000);
        }
        EXPECT_TRUE(weak.run_until([&] { return honest.body() == "stored"; }, 10s)) << crowd;
        EXPECT_EQ(weak.site.uploaded, image);
    }
}

TEST_F(HttpAttack, a_slow_honest_body_is_waited_for_when_nobody_else_comes) {
    auto& slow = rig.phone();
    const auto text = json_post("{\"a\":1}");
    slow.ask(text.substr(0, text.size() - 7));
    rig.run_for(50ms);
    slow.pace = 1s;
    slow.to_send = text;
    EXPECT_TRUE(rig.run_until([&] { return slow.status() == 200; }, 15s));
}

TEST_F(HttpAttack, replies_that_are_never_taken_end_by_themselves) {
    attack(4, [](Phone& phone) {
        phone.reads = false;
        phone.ask(get_request("/big"));
    });
    rig.run_for(31s);
    EXPECT_EQ(rig.sockets.open_sockets(), 1U);
}

TEST_F(HttpAttack, an_upload_that_drips_keeps_one_place_at_most) {
    attack(4, [](Phone& phone) {
        phone.pace = 100ms;
        phone.ask(image_post(std::string(1000, 'x')));
    });
    rig.run_for(100ms);
    for (auto& phone : rig.phones) phone->pace = 1ms;
    rig.run_for(300ms);
    for (auto& phone : rig.phones) phone->pace = 500ms;
    expect_honest_is_answered();
    expect_honest_is_answered();
    EXPECT_EQ(rig.site.uploads, 1);
    EXPECT_EQ(rig.site.lost, 0);
}

TEST_F(HttpAttack, an_honest_upload_survives_a_crowd) {
    auto& honest = rig.phone();
    honest.pace = 5ms;
    honest.ask(image_post(std::string(600, 'i')));
    rig.run_until([&] { return rig.site.uploads == 1; });
    attack(50, [](Phone& phone) { phone.ask(""); });
    EXPECT_TRUE(rig.run_until([&] { return honest.body() == "stored"; }, 10s));
}

TEST_F(HttpAttack, header_bombs) {
    attack(4, [](Phone& phone) {
        std::string bomb = "GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n";
        for (int i = 0; i < 20'000; ++i) bomb += "A" + std::to_string(i) + ": b\r\n";
        phone.ask(bomb);
    });
    rig.run_for(100ms);
    expect_honest_is_answered();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(rig.phones[i]->status(), 431U);
}

TEST_F(HttpAttack, pipelined_requests_get_one_reply) {
    auto& phone = rig.ask(get_request("/1") + get_request("/2") + get_request("/3"));
    rig.run_until([&] { return phone.over; }, 3s);
    EXPECT_EQ(phone.body(), "hello");
    EXPECT_EQ(phone.received.find("HTTP/1.1", 1), std::string::npos);
    EXPECT_EQ(rig.site.requests, std::vector<std::string>{"GET /1"});
    expect_honest_is_answered();
}

TEST_F(HttpAttack, a_request_hidden_in_a_body_is_not_seen) {
    const auto hidden = json_post("{\"wipe\":true}");
    rig.ask(json_post("{}" + hidden, 2));
    rig.ask("GET / HTTP/1.1\r\nHost: 4.3.2.1\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" +
            hidden);
    rig.ask(
        "POST /api HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
        hidden);
    EXPECT_EQ(rig.site.bodies, std::vector<std::string>{"{}"});
    expect_honest_is_answered();
}

TEST_F(HttpAttack, content_length_says_more_than_comes) {
    auto& phone = rig.phone();
    phone.ask(json_post("{}", 100));
    EXPECT_TRUE(rig.run_until([&] { return phone.status() == 408; }, 11s));
    EXPECT_TRUE(rig.site.bodies.empty());
    auto& leaver = rig.phone();
    leaver.ask(json_post("{}", 100));
    rig.run_for(100ms);
    leaver.hang_up();
    rig.run_for(100ms);
    EXPECT_TRUE(rig.site.bodies.empty());
    expect_honest_is_answered(json_post("{\"a\":1}"));
}

TEST_F(HttpAttack, content_length_says_less_than_comes) {
    auto& phone = rig.ask(json_post("{\"a\":1}, {\"b\":2}", 7));
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_EQ(rig.site.bodies, std::vector<std::string>{"{\"a\":1}"});
    auto& image = rig.ask(image_post("12345678", 4));
    EXPECT_EQ(image.status(), 200U);
    EXPECT_EQ(rig.site.uploaded, "1234");
}

TEST_F(HttpAttack, names_and_paths_that_are_not_ours) {
    const auto status = [&](std::string_view target, std::string_view host) {
        std::string text = "GET ";
        text.append(target).append(" HTTP/1.1\r\n").append(host).append("\r\n");
        return rig.ask(std::move(text)).status();
    };
    EXPECT_EQ(status("/", "Host: 127.0.0.1\r\n"), 421U);
    EXPECT_EQ(status("/", "Host: localhost\r\n"), 421U);
    EXPECT_EQ(status("/", ""), 400U);
    EXPECT_EQ(status("/", "Host: 4.3.2.1\r\nHost: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("/../x", "Host: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("//x", "Host: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("/%2e%2e/x", "Host: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("http://4.3.2.1/", "Host: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("/" + std::string(3000, 'a'), "Host: 4.3.2.1\r\n"), 414U);
    EXPECT_EQ(status(std::string("/a\0b", 4), "Host: 4.3.2.1\r\n"), 400U);
    EXPECT_EQ(status("/", "Host: 4.3.2.1\r\nOrigin: http://evil.test\r\n"), 403U);
    EXPECT_EQ(status("/", "Host: 4.3.2.1\r\nTransfer-Encoding: chunked\r\n"), 501U);
    EXPECT_TRUE(rig.site.requests.empty());
    expect_honest_is_answered();
}

TEST_F(HttpAttack, connections_that_are_reset) {
    attack(4, [](Phone& phone) { phone.ask(get_request("/big")); });
    rig.run_for(3ms);
    rig.network.reset_connections(test::portal_address);
    rig.run_for(100ms);
    EXPECT_EQ(rig.sockets.open_sockets(), 1U);
    expect_honest_is_answered();
}

// Nothing grows with what arrives: the sizes are those of the types.
TEST(HttpMemory, is_decided_at_start) {
    EXPECT_LE(sizeof(net::HttpServer), 6400U);
    RecordProperty("server_bytes", static_cast<int>(sizeof(net::HttpServer)));
    RecordProperty("connection_bytes", static_cast<int>(sizeof(net::HttpConnection)));
}

}  // namespace
