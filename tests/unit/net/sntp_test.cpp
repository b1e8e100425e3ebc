#include "esb/net/sntp.hpp"

#include "support/net_rig.hpp"
#include "support/time_server.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

namespace {

using namespace esb;
using net::SntpNonce;

constexpr UnixTime build{1'795'000'000};
constexpr UnixTime today{1'800'000'000};
constexpr SntpNonce nonce{1, 2, 3, 4, 5, 6, 7, 8};

struct Told : net::SntpHandler {
    std::vector<UnixTime> times;
    std::vector<Error> failures;
    UnixTime not_before{0};
    Status on_time(UnixTime now) override {
        if (now < not_before) return fail(errors::out_of_range);
        times.push_back(now);
        return {};
    }
    void on_no_time(const Error& why) override { failures.push_back(why); }
};

struct SntpTest : testing::Test {
    test::NetRig rig;
    test::TimeServer server{rig.network, test::server_address, today};
    Told told;
    net::SntpClient client{rig.reactor, rig.names, rig.entropy, told};

    void begin() {
        ASSERT_TRUE(client.use("server.test", build));
        client.set_network(true);
    }
    void expect_failure(const ErrorKind& why, Duration until = 10s) {
        begin();
        rig.run_for(until);
        EXPECT_TRUE(told.times.empty());
        ASSERT_TRUE(client.outcome());
        ASSERT_FALSE(*client.outcome());
        EXPECT_EQ(client.outcome()->error(), why) << client.outcome()->error().name();
    }
    Duration pause() const { return *client.next_poll() - rig.world.now(); }
};

TEST_F(SntpTest, tells_the_time_and_asks_again_every_hour) {
    begin();
    rig.run_for(1s);
    ASSERT_EQ(told.times.size(), 1U);
    EXPECT_EQ(told.times[0], today);
    EXPECT_TRUE(*client.outcome());
    rig.run_for(10h);
    EXPECT_GE(server.questions.size(), 9U);
    EXPECT_LE(server.questions.size(), 11U);
    EXPECT_LE(std::chrono::abs(told.times.back() - server.time()), 4000s);
}

TEST_F(SntpTest, questions_tell_nothing_and_differ) {
    begin();
    rig.run_for(5h);
    std::set<test::TimeServer::Packet> different(server.questions.begin(), server.questions.end());
    EXPECT_EQ(different.size(), server.questions.size());
    const auto& question = server.questions.front();
    ASSERT_EQ(question.size(), net::sntp_size);
    EXPECT_EQ(question[0], 0x23) << "version 4, client";
    for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(question[i], 0) << i;
}

TEST_F(SntpTest, without_a_network_or_a_server_nothing_is_asked) {
    ASSERT_TRUE(client.use("server.test", build));
    rig.run_for(1h);
    EXPECT_TRUE(server.questions.empty());
    client.set_network(true);
    ASSERT_TRUE(client.use("", build));
    rig.run_for(3h);
    EXPECT_TRUE(server.questions.empty());
    EXPECT_FALSE(client.active());
}

TEST_F(SntpTest, a_silent_server_is_asked_with_back_off) {
    server.silent = true;
    expect_failure(errors::timed_out);
    rig.run_for(24h);
    EXPECT_GE(server.questions.size(), 24U);
    EXPECT_LE(server.questions.size(), 60U);
    for (std::size_t i = 1; i < server.asked_at.size(); ++i) {
        EXPECT_GE(server.asked_at[i] - server.asked_at[i - 1], net::SntpClient::retry_first);
    }
    server.silent = false;
    rig.run_for(1h);
    EXPECT_FALSE(told.times.empty());
}

TEST_F(SntpTest, an_unknown_name_is_an_error) {
    ASSERT_TRUE(client.use("nobody.test", build));
    client.set_network(true);
    rig.run_for(10s);
    EXPECT_EQ(client.outcome()->error(), errors::dns_not_found);
    EXPECT_TRUE(client.next_poll());
}

TEST_F(SntpTest, answers_to_other_questions_are_not_taken) {
    server.foreign = true;
    expect_failure(errors::sntp_foreign);
}

TEST_F(SntpTest, a_forged_answer_does_not_keep_the_right_one_away) {
    server.guessed_first = true;
    begin();
    rig.run_for(1s);
    ASSERT_EQ(told.times.size(), 1U);
    EXPECT_EQ(told.times[0], today);
}

TEST_F(SntpTest, servers_that_do_not_know_the_time) {
    server.leap_and_mode = 0xE4;
    expect_failure(errors::sntp_unsynchronized);
}

// Whoever takes the time may refuse it; the server is then asked again soon, as any other that failed.
TEST_F(SntpTest, a_time_that_is_refused_is_no_success) {
    told.not_before = today + 100s;
    expect_failure(errors::out_of_range);
    EXPECT_LE(pause(), 30s);
    ASSERT_EQ(told.failures.size(), 1U);
    EXPECT_EQ(told.failures[0], errors::out_of_range);
    rig.run_for(400s);
    EXPECT_TRUE(*client.outcome());
    EXPECT_FALSE(told.times.empty());
}

TEST_F(SntpTest, an_answer_that_is_none_does_not_end_the_question) {
    server.leap_and_mode = 0x23;  // a client's
    expect_failure(errors::sntp_malformed);
    EXPECT_EQ(told.failures.size(), 1U);
    server.leap_and_mode = 0x24;
    rig.run_for(60s);
    EXPECT_EQ(told.times.size(), 1U);
}

TEST_F(SntpTest, a_name_server_that_never_answers_is_given_up) {
    rig.resolver.set_silent("server.test");
    expect_failure(errors::dns_failed, 16s);
    rig.resolver.set("server.test", test::server_address);
    rig.run_for(60s);
    EXPECT_EQ(told.times.size(), 1U);
}

TEST_F(SntpTest, asked_too_often_it_asks_less_often) {
    server.kiss = "RATE";
    expect_failure(errors::sntp_too_often);
    rig.run_for(48h);
    ASSERT_GE(server.asked_at.size(), 4U);
    for (std::size_t i = 2; i < server.asked_at.size(); ++i) {
        EXPECT_GE(server.asked_at[i] - server.asked_at[i - 1], server.asked_at[i - 1] - server.asked_at[i - 2]);
    }
    EXPECT_LE(server.asked_at.size(), 8U);
}

TEST_F(SntpTest, denied_it_leaves_the_server_alone_for_a_day_whatever_the_network_does) {
    server.kiss = "DENY";
    expect_failure(errors::sntp_denied);
    EXPECT_GE(pause(), 23h);
    client.set_network(false);
    client.set_network(true);
    rig.run_for(23h);
    EXPECT_EQ(server.questions.size(), 1U);
}

TEST_F(SntpTest, another_server_is_asked_at_once) {
    server.silent = true;
    begin();
    rig.run_for(2s);
    test::TimeServer second(rig.network, chip::IpAddress::v4(192, 0, 2, 2), today + 5s);
    rig.resolver.set("second.test", chip::IpAddress::v4(192, 0, 2, 2));
    ASSERT_TRUE(client.use("second.test", build));
    rig.run_for(1s);
    ASSERT_EQ(told.times.size(), 1U);
    EXPECT_LE(std::chrono::abs(told.times[0] - (today + 7s)), 2s);
}

struct Reply : testing::Test {
    std::vector<std::uint8_t> packet = std::vector<std::uint8_t>(net::sntp_size);
    Reply() {
        packet[0] = 0x24;
        packet[1] = 1;
        copy(nonce, MutBytes(packet).subspan(24));
        set_seconds(static_cast<std::uint32_t>(today.count() + 2'208'988'800));
    }
    void set_seconds(std::uint32_t seconds) {
        for (std::size_t i = 0; i < 4; ++i) packet[40 + i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
    }
    Result<std::chrono::milliseconds> parse(UnixTime pivot = build) const {
        return net::parse_sntp_reply(packet, nonce, pivot);
    }
};

TEST_F(Reply, good_one) {
    EXPECT_EQ(parse().value(), today);
    packet[44] = 0x80;
    EXPECT_EQ(parse().value(), today + 500ms);
    packet.resize(68);
    EXPECT_TRUE(parse()) << "with authentication behind it";
}

TEST_F(Reply, every_field_that_is_checked) {
    const auto good = packet;
    const auto refused = [&](std::size_t at, std::uint8_t value, const ErrorKind& why) {
        packet = good;
        packet[at] = value;
        const auto parsed = parse();
        return !parsed && parsed.error() == why;
    };
    for (const unsigned mode : {0, 1, 2, 3, 5, 6, 7}) {
        EXPECT_TRUE(refused(0, static_cast<std::uint8_t>(0x20 | mode), errors::sntp_malformed));
    }
    EXPECT_TRUE(refused(0, 0x04, errors::sntp_malformed)) << "version 0";
    EXPECT_TRUE(refused(0, 0x2C, errors::sntp_malformed)) << "version 5";
    EXPECT_TRUE(refused(0, 0xE4, errors::sntp_unsynchronized)) << "leap indicator 3";
    EXPECT_TRUE(refused(1, 16, errors::sntp_unsynchronized));
    EXPECT_TRUE(refused(1, 0, errors::sntp_unsynchronized)) << "a kiss that nobody knows";
    for (std::size_t i = 24; i < 32; ++i) EXPECT_TRUE(refused(i, 99, errors::sntp_foreign)) << i;
    packet = good;
    set_seconds(0);
    EXPECT_EQ(parse().error(), errors::sntp_unsynchronized);
    packet = good;
    for (std::size_t size = 0; size < net::sntp_size; ++size) {
        packet.resize(size);
        EXPECT_EQ(parse().error(), errors::sntp_malformed);
        packet = good;
    }
}

TEST_F(Reply, after_2036_the_seconds_begin_anew) {
    set_seconds(100);  // 2036-02-07 06:29:56
    EXPECT_EQ(parse().value(), UnixTime(2'085'978'596));
    set_seconds(0xFFFF'FFFF);
    EXPECT_EQ(parse(UnixTime(2'100'000'000)).value(), UnixTime(2'085'978'495)) << "nearest, also before the pivot";
}

TEST(SntpByIpv6, is_asked_from_a_socket_of_that_family) {
    const auto here = *chip::parse_ipv6("2001:db8::10"), there = *chip::parse_ipv6("2001:db8::1");
    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, here};
    vchip::SimResolver resolver{world, sockets};
    vchip::SimEntropy entropy{1};
    net::Reactor reactor{sockets, world.clock()};
    net::Names names{reactor, resolver};
    test::TimeServer server{network, there, today};
    resolver.set("server.test", there);
    Told told;
    net::SntpClient client{reactor, names, entropy, told};
    ASSERT_TRUE(client.use("server.test", build));
    client.set_network(true);
    for (int i = 0; i < 100 && told.times.empty() && told.failures.empty(); ++i) reactor.turn(1s);
    ASSERT_TRUE(told.failures.empty()) << told.failures[0].name();
    EXPECT_EQ(told.times.size(), 1U);
}

}  // namespace
