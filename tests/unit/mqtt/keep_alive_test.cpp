// Keep-alive, section 3.1.2.10.
#include <gtest/gtest.h>

#include <tuple>

#include "support/mqtt_rig.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using Lines = MqttRig::Lines;
using State = Client::State;
namespace wire = esb::test::wire;

// MQTT 3.1.1: 3.1.2-23
TEST(MqttKeepAlive, pings_before_the_interval_ends) {  // MQTT-3.1.2-23
    MqttRig rig;
    rig.connect();
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 58s);
    rig.advance(57'999ms);
    EXPECT_TRUE(rig.wire().empty());
    rig.advance(1ms);
    EXPECT_EQ(rig.wire(), Lines{"PINGREQ"});
    rig.feed(wire::pingresp());
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 58s);
}

// The broker's clock runs from what we sent, ours from what it answered: the earlier one decides.
TEST(MqttKeepAlive, neither_our_publishes_nor_the_brokers_put_the_question_off) {
    MqttRig rig;
    rig.connect();
    const Instant answered = rig.now;
    rig.advance(30s);
    rig.publish("t", "x", 0);
    rig.drain();
    rig.advance(20s);
    rig.feed(wire::publish("t", "x"));
    EXPECT_EQ(rig.client.next_deadline(), answered + 58s);
    rig.publish("t", "x", 1);
    rig.drain();
    rig.feed(wire::puback(1));
    rig.stream.clear();
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 58s) << "an answer does";
    rig.advance(20s);
    rig.publish("t", "x", 2);
    rig.wire();
    EXPECT_EQ(rig.client.next_deadline(), rig.now - 20s + 58s);
}

// Every state of a connection with a broker that neither answers nor acknowledges; `talks`: it sends messages all the
// time; `takes`: the transport takes our bytes. Left within 1.5 keep-alives of its last answer.
struct Silent {
    const char* state;
    void (*enter)(MqttRig&);
    std::uint16_t keep_alive_s = 60;
};

void enter_connected(MqttRig& rig) { rig.connect(); }
void enter_subscribing(MqttRig& rig) {
    rig.connect();
    MqttRig::require(rig.client.subscribe("t", Qos::at_least_once) ? Status() : fail(errors::closed));
}
void enter_publishing(MqttRig& rig) {
    rig.connect();
    rig.publish("t", "x", 1);
    rig.publish("t", "y", 2);
}
void enter_half_a_packet_sent(MqttRig& rig) {
    rig.connect();
    rig.publish("t", std::string(3000, 'x'), 1);
    rig.send(10);
}
void enter_releasing(MqttRig& rig) {
    rig.connect();
    rig.publish("t", "x", 2);
    rig.drain();
    rig.feed(wire::pubrec(1));
    rig.stream.clear();
}
void enter_ping_answered_before(MqttRig& rig) {
    rig.connect();
    rig.advance(58s);
    rig.drain();
    rig.feed(wire::pingresp());
    rig.stream.clear();
}
void enter_long_message_stalled(MqttRig& rig) {
    rig.connect();
    auto message = wire::publish("t", std::string(100'000, 'x'));
    message.resize(50'000);
    rig.feed(message);
}

class MqttSilence : public testing::TestWithParam<std::tuple<Silent, bool, bool>> {};

TEST_P(MqttSilence, is_left_within_one_and_a_half_keep_alives) {
    const auto& [silent, takes, talks] = GetParam();
    MqttRig rig;
    rig.options.keep_alive_s = silent.keep_alive_s;
    MqttRig::require(rig.client.configure(rig.options));
    silent.enter(rig);
    const bool mid_message = std::string_view(silent.state) == "LongMessageStalled";
    const Instant answered = rig.now;
    const Duration limit = std::chrono::seconds(silent.keep_alive_s) * 3 / 2;
    bool asked = false;
    while (!rig.client.wants_close()) {
        ASSERT_LE(rig.now - answered, limit) << "still there";
        rig.advance(250ms);
        // Our own publishes of QoS 0, as a device pings itself, must not put it off.
        if ((rig.now - answered) % 5s == 0s && rig.client.state() == State::connected) {
            static_cast<void>(rig.client.publish({"t", as_bytes("ping"), Qos::at_most_once, false}));
        }
        if (takes && !rig.client.wants_close()) {
            for (const auto& line : rig.wire()) asked = asked || line == "PINGREQ";
        }
        if (talks && !mid_message && rig.client.state() == State::connected && rig.client.wants_input()) {
            rig.feed(wire::publish("t", "the broker talks", 0));
            if ((rig.now - answered) % 3s == 0s) {
                const auto longer = wire::publish("t", std::string(3000, 'x'), 1, 7);
                rig.client.receive(ConstBytes(longer).first(1500), rig.now);
                rig.client.receive(ConstBytes(longer).subspan(1500), rig.now);
            }
        }
    }
    if (takes) {
        EXPECT_TRUE(asked) << "left without having been asked";
    }
    EXPECT_GE(rig.now - answered, std::chrono::seconds(silent.keep_alive_s)) << "too hasty";
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

INSTANTIATE_TEST_SUITE_P(
    States, MqttSilence,
    testing::Combine(
        testing::Values(Silent{"Connected", enter_connected}, Silent{"ConnectedShort", enter_connected, 10},
                        Silent{"ConnectedLong", enter_connected, 600}, Silent{"Subscribing", enter_subscribing},
                        Silent{"Publishing", enter_publishing}, Silent{"HalfAPacketSent", enter_half_a_packet_sent},
                        Silent{"Releasing", enter_releasing}, Silent{"PingAnsweredBefore", enter_ping_answered_before},
                        Silent{"LongMessageStalled", enter_long_message_stalled}),
        testing::Bool(), testing::Bool()),
    [](const auto& chosen) {
        return std::string(std::get<0>(chosen.param).state) + (std::get<1>(chosen.param) ? "Takes" : "Blocked") +
               (std::get<2>(chosen.param) ? "Talks" : "Mute");
    });

// Before CONNACK there is a time of its own, whatever the transport takes and the broker sends of a packet.
TEST(MqttKeepAlive, before_connack_the_connect_time_decides) {
    for (const bool takes : {true, false}) {
        for (const bool talks : {true, false}) {
            MqttRig rig;
            rig.start();
            rig.open();
            const Instant opened = rig.now;
            if (takes) rig.drain();
            if (talks) rig.feed(wire::hex("30 ff ff ff 7f 0001"));
            while (!rig.client.wants_close() && rig.now - opened < 90s) rig.advance(500ms);
            EXPECT_EQ(rig.client.close_reason(), errors::mqtt_no_connack);
            EXPECT_EQ(rig.now - opened, 10s);
        }
    }
}

TEST(MqttKeepAlive, does_not_drift_with_late_ticks) {
    MqttRig rig;
    rig.connect();
    rig.wire();
    Instant last_sent = rig.now;
    for (int i = 0; i < 500; ++i) {
        rig.now = *rig.client.next_deadline() + Duration(i % 1500);  // every tick comes late
        rig.client.tick(rig.now);
        ASSERT_EQ(rig.wire(), Lines{"PINGREQ"});
        ASSERT_LE(rig.now - last_sent, 60s);
        last_sent = rig.now;
        rig.feed(wire::pingresp());
    }
}

TEST(MqttKeepAlive, short_intervals_keep_a_quarter_in_hand) {
    MqttRig rig;
    rig.options.keep_alive_s = 1;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 750ms);
    rig.advance(750ms);
    rig.drain();
    rig.advance(499ms);
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(1ms);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

// MQTT 3.1.1: 3.12.4-1
TEST(MqttKeepAlive, no_answer_is_silence) {
    MqttRig rig;
    rig.connect();
    rig.advance(58s);
    rig.wire();
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 20s);
    rig.advance(19'999ms);
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(1ms);
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

TEST(MqttKeepAlive, a_long_message_that_gets_on_prolongs_the_wait) {
    MqttRig rig;
    rig.connect();
    rig.advance(58s);
    rig.wire();
    const auto message = wire::publish("t", std::string(30'000, 'x'));
    for (std::size_t at = 0; at < message.size(); at += 1500) {
        rig.advance(19s);
        rig.client.receive(ConstBytes(message).subspan(at, std::min<std::size_t>(1500, message.size() - at)), rig.now);
        ASSERT_FALSE(rig.client.wants_close());
        for (const auto& line : rig.wire()) EXPECT_EQ(line, "PINGREQ");  // the broker's own clock runs, too
        EXPECT_EQ(rig.client.receiving(rig.now), at + 1500 < message.size());
    }
    EXPECT_FALSE(rig.client.receiving(rig.now));
    rig.advance(19s);  // what was behind it has some time to come
    EXPECT_FALSE(rig.client.wants_close());
    rig.feed(wire::pingresp());
    rig.advance(57s);
    EXPECT_FALSE(rig.client.wants_close());
}

TEST(MqttKeepAlive, but_not_one_long_message_after_the_other) {
    MqttRig rig;
    rig.connect();
    rig.advance(58s);
    rig.wire();
    const auto message = wire::publish("t", std::string(30'000, 'x'));
    Instant first_ended{};
    for (int number = 0; number < 2; ++number) {
        for (std::size_t at = 0; at < message.size() && !rig.client.wants_close(); at += 1500) {
            rig.advance(5s);
            const auto size = std::min<std::size_t>(1500, message.size() - at);
            rig.client.receive(ConstBytes(message).subspan(at, size), rig.now);
        }
        if (number > 0) break;
        EXPECT_FALSE(rig.client.wants_close());
        first_ended = rig.now;
    }
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
    EXPECT_EQ(rig.now - first_ended, 20s);
}

TEST(MqttKeepAlive, a_message_that_drips_does_not) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::hex("30 ff ff ff 7f 0001 74"));
    rig.advance(58s);
    rig.wire();
    for (int i = 0; i < 20 && !rig.client.wants_close(); ++i) {
        rig.advance(1s);
        rig.feed(wire::raw("twenty bytes, twenty"));
    }
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

TEST(MqttKeepAlive, a_blocked_transport_is_silence_too) {
    MqttRig rig;
    rig.connect();
    rig.advance(58s);  // PINGREQ cannot leave
    for (int i = 0; i < 3; ++i) {
        rig.advance(5s);
        rig.feed(wire::publish("t", "the broker talks but does not listen"));
    }
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(5s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

TEST(MqttKeepAlive, ping_waits_for_the_packet_being_sent_but_taking_bytes_is_no_answer) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", std::string(100, 'x'), 0);
    rig.send(10);
    rig.advance(58s);
    rig.advance(10s);
    rig.send(2);
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q0 t=" + std::string(100, 'x'), "PINGREQ"}));
    rig.advance(10s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

TEST(MqttKeepAlive, answers_to_other_packets_are_answers_to_the_ping) {
    MqttRig rig;
    rig.connect();
    for (int i = 0; i < 10; ++i) {
        rig.publish("t", "x", 1);
        rig.drain();
        rig.advance(58s);
        rig.drain();  // PINGREQ, which this broker does not know
        rig.advance(10s);
        rig.feed(wire::puback(static_cast<unsigned>(i + 1)));
        ASSERT_FALSE(rig.client.wants_close()) << i;
    }
}

// A processor that was held up (flash, a debugger) asks before it judges.
TEST(MqttKeepAlive, a_very_late_tick_asks_first) {
    MqttRig rig;
    rig.connect();
    rig.advance(10min);
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_EQ(rig.wire(), Lines{"PINGREQ"});
    rig.advance(20s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
}

TEST(MqttKeepAlive, zero_turns_it_off) {
    MqttRig rig;
    rig.options.keep_alive_s = 0;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    EXPECT_FALSE(rig.client.next_deadline());
    rig.advance(24h * 30);
    EXPECT_TRUE(rig.wire().empty());
    EXPECT_FALSE(rig.client.wants_close());
}

TEST(MqttKeepAlive, an_unasked_pingresp_is_harmless) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::pingresp());
    EXPECT_FALSE(rig.client.wants_close());
}

}  // namespace
}  // namespace esb::mqtt
