// The life of connections: CONNECT and CONNACK, refusals, garbage, time-outs, back-off, stop().
#include <gtest/gtest.h>

#include "support/mqtt_rig.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using Lines = MqttRig::Lines;
using State = Client::State;
namespace wire = esb::test::wire;

// What the client makes of these bytes as the first thing after CONNECT.
std::string close_reason_after(const wire::Bytes& bytes, bool bytewise = false, bool clean = false) {
    MqttRig rig;
    rig.options.clean_session = clean;
    MqttRig::require(rig.client.configure(rig.options));
    rig.start();
    rig.open();
    rig.drain();
    bytewise ? rig.feed_bytewise(bytes) : rig.feed(bytes);
    if (!rig.client.wants_close()) return "open";
    EXPECT_TRUE(rig.client.output().empty());
    const std::string name(rig.client.close_reason().name());
    rig.close_as_wanted();
    EXPECT_EQ(rig.events, Lines{"disconnected " + name});
    EXPECT_EQ(rig.client.state(), State::waiting);
    return name;
}

// MQTT 3.1.1: 3.1.0-1
TEST(MqttConnection, start_wants_a_transport_at_once_and_only_once) {
    MqttRig rig;
    EXPECT_FALSE(rig.client.wants_transport(rig.now));
    EXPECT_FALSE(rig.client.next_deadline());
    rig.start();
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
    EXPECT_EQ(rig.client.next_deadline(), rig.now);
    rig.client.transport_opening();
    EXPECT_FALSE(rig.client.wants_transport(rig.now));
    EXPECT_EQ(rig.client.state(), State::opening);
    EXPECT_FALSE(rig.client.next_deadline());
    rig.client.tick(rig.now);
    rig.client.transport_opened(rig.now);
    EXPECT_EQ(rig.client.state(), State::connecting);
    EXPECT_EQ(rig.wire(), Lines{"CONNECT"});
    rig.feed(wire::connack());
    EXPECT_EQ(rig.client.state(), State::connected);
    EXPECT_EQ(rig.events, Lines{"connected new"});
    EXPECT_EQ(rig.client.statistics().connects, 1U);
}

// MQTT 3.1.1: 3.1.2-9, 3.1.2-14, 3.1.3-1, 3.1.3-2, 3.1.3-3
TEST(MqttConnection, connect_carries_will_user_and_password) {
    MqttRig rig({.max_topic = 32, .max_acks = 1});
    const std::string password(1000, 'p');  // longer than any buffer of the client
    rig.options.user_name = "user";
    rig.options.password = as_bytes(password);
    rig.options.will = {"ESP/1/online", as_bytes("0"), Qos::at_least_once, true};
    rig.options.keep_alive_s = 60;
    MqttRig::require(rig.client.configure(rig.options));
    rig.start();
    rig.open();
    rig.drain(3);
    const auto packet = wire::take_packet(rig.stream);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->body, wire::hex("0004 4d515454 04 ec 003c") + wire::text("ESP-1") + wire::text("ESP/1/online") +
                                wire::text("0") + wire::text("user") + wire::text(password));
    rig.feed(wire::connack());
    EXPECT_EQ(rig.client.state(), State::connected);
}

TEST(MqttConnection, the_password_is_wiped_once_sent) {
    MqttRig rig;
    rig.options.user_name = "user";
    rig.options.password = as_bytes("needle-in-memory");
    MqttRig::require(rig.client.configure(rig.options));
    const auto held = [&rig] { return as_text(rig.memory).find("needle-in-memory") != std::string_view::npos; };
    rig.start();
    rig.open();
    EXPECT_FALSE(rig.client.output().empty());
    EXPECT_TRUE(held());
    rig.drain();
    EXPECT_FALSE(held());
}

TEST(MqttConnection, the_password_is_wiped_when_connect_was_cut_short) {
    MqttRig rig;
    rig.options.user_name = "user";
    rig.options.password = as_bytes("needle-in-memory");
    MqttRig::require(rig.client.configure(rig.options));
    rig.start();
    rig.open();
    rig.client.output();
    rig.send(1);
    rig.close();
    EXPECT_EQ(as_text(rig.memory).find("needle-in-memory"), std::string_view::npos);
}

// MQTT 3.1.1: 3.1.2-14, 3.1.2-22, 3.1.3-4, 3.1.3-7, 3.1.3-10, 3.1.3-11
TEST(MqttConnection, configure_refuses_what_the_specification_forbids) {
    MqttRig rig;
    const auto refused = [&rig](auto change) -> std::string {
        ConnectOptions options = rig.options;
        change(options);
        const auto status = rig.client.configure(options);
        return status ? "ok" : std::string(status.error().name());
    };
    const std::string long_text(65'536, 'x');
    EXPECT_EQ(refused([](auto& o) { o.client_id = ""; }), "invalid_argument");  // MQTT-3.1.3-7
    EXPECT_EQ(refused([](auto& o) { o.client_id = "", o.clean_session = true; }), "ok");
    EXPECT_EQ(refused([](auto& o) { o.password = as_bytes("p"); }), "invalid_argument");  // MQTT-3.1.2-22
    EXPECT_EQ(refused([](auto& o) { o.client_id = "\xFF"; }), "invalid_argument");        // MQTT-3.1.3-4
    EXPECT_EQ(refused([](auto& o) { o.user_name = "\xFF"; }), "invalid_argument");        // MQTT-3.1.3-11
    EXPECT_EQ(refused([](auto& o) { o.connack_timeout = Duration(0); }), "invalid_argument");
    EXPECT_EQ(refused([](auto& o) { o.will.topic = "a/#"; }), "mqtt.bad_topic");
    EXPECT_EQ(refused([&](auto& o) { o.will.topic = std::string_view(long_text).substr(0, 129); }), "too_long");
    EXPECT_EQ(refused([&](auto& o) { o.will.topic = "w", o.will.payload = as_bytes(long_text); }), "too_long");
    EXPECT_EQ(refused([](auto& o) { o.will.topic = "w", o.will.qos = static_cast<Qos>(3); }), "invalid_argument");
    EXPECT_EQ(refused([&](auto& o) { o.client_id = long_text; }), "too_long");
    EXPECT_EQ(refused([&](auto& o) { o.user_name = long_text; }), "too_long");
    EXPECT_EQ(refused([&](auto& o) { o.user_name = "u", o.password = as_bytes(long_text); }), "too_long");
}

TEST(MqttConnection, configure_in_the_middle_of_connect_starts_over) {
    MqttRig rig({.max_acks = 1});
    const std::string id(300, 'i');
    rig.options.client_id = id;
    MqttRig::require(rig.client.configure(rig.options));
    rig.start();
    rig.open();
    rig.send(5);
    rig.options.client_id = "other";
    MqttRig::require(rig.client.configure(rig.options));
    EXPECT_TRUE(rig.client.wants_close());
    rig.close_as_wanted();
    rig.connect();
    EXPECT_EQ(rig.client.state(), State::connected);
    MqttRig::require(rig.client.configure(rig.options));  // is for the next CONNECT
    EXPECT_EQ(rig.client.state(), State::connected);
}

TEST(MqttConnection, refusals_have_their_names) {  // table 3.1
    const std::pair<unsigned, const char*> table[] = {
        {1, "mqtt.refused.version"},     {2, "mqtt.refused.client_id"},      {3, "mqtt.refused.unavailable"},
        {4, "mqtt.refused.credentials"}, {5, "mqtt.refused.not_authorized"}, {6, "mqtt.refused.unknown"},
        {255, "mqtt.refused.unknown"}};
    for (const auto& [code, name] : table) {
        EXPECT_EQ(close_reason_after(wire::connack(false, code)), name);
        EXPECT_EQ(close_reason_after(wire::connack(false, code), true), name);
    }
    MqttRig rig;
    rig.start();
    rig.open();
    rig.drain();
    rig.feed(wire::connack(false, 77));
    EXPECT_EQ(rig.client.close_reason().detail(), 77);
}

TEST(MqttConnection, garbage_instead_of_connack_is_malformed) {
    EXPECT_EQ(close_reason_after(wire::raw("HTTP/1.1 400 Bad Request\r\n\r\n")), "mqtt.malformed");
    EXPECT_EQ(close_reason_after(wire::raw("SSH-2.0-OpenSSH_9.2\r\n")), "mqtt.malformed");
    EXPECT_EQ(close_reason_after(wire::hex("15 03 03 00 02 02 28")), "mqtt.malformed");  // a TLS alert
    EXPECT_EQ(close_reason_after(wire::hex("00")), "mqtt.malformed");
    EXPECT_EQ(close_reason_after(wire::hex("20 02 02 00")), "mqtt.malformed");
    EXPECT_EQ(close_reason_after(wire::hex("20 ff ff ff ff 01")), "mqtt.malformed");
}

// MQTT 3.1.1: 3.2.0-1, 4.8.0-1
TEST(MqttConnection, connack_must_come_first) {  // MQTT-3.2.0-1
    for (const auto& bytes : {wire::pingresp(), wire::puback(1), wire::publish("t", "x"), wire::publish("t", "", 2, 5),
                              wire::suback(1, 0), wire::pubrel(1), wire::hex("10 00")}) {
        EXPECT_EQ(close_reason_after(bytes), "mqtt.unexpected");
        EXPECT_EQ(close_reason_after(bytes, true), "mqtt.unexpected");
    }
}

TEST(MqttConnection, connack_must_come_once) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::connack());
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
}

TEST(MqttConnection, connack_before_all_of_connect_went_is_unexpected) {
    MqttRig rig;
    rig.start();
    rig.open();
    rig.send(4);
    rig.feed(wire::connack());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
}

TEST(MqttConnection, a_refusal_before_all_of_connect_went_is_a_refusal) {
    MqttRig rig;
    rig.start();
    rig.open();
    rig.send(4);
    rig.feed(wire::connack(false, 3));
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_refused_unavailable);
}

// MQTT 3.1.1: 3.2.2-1
TEST(MqttConnection, a_session_we_asked_to_be_clean_must_not_be_present) {  // MQTT-3.2.2-1
    EXPECT_EQ(close_reason_after(wire::connack(true), false, true), "mqtt.unexpected");
    EXPECT_EQ(close_reason_after(wire::connack(false), false, true), "open");
}

// MQTT 3.1.1: 3.2.2-4
TEST(MqttConnection, a_refusal_is_a_refusal_whatever_it_says_of_a_session) {
    EXPECT_EQ(close_reason_after(wire::connack(true, 5)), "mqtt.refused.not_authorized");
}

TEST(MqttConnection, a_session_from_before_a_restart_is_welcome) {  // section 3.2.2.2
    MqttRig rig;
    rig.start();
    rig.open();
    rig.drain();
    rig.feed(wire::connack(true));
    EXPECT_EQ(rig.events, Lines{"connected present"});
}

TEST(MqttConnection, no_connack_in_time) {
    MqttRig rig;
    rig.start();
    rig.open();
    rig.drain();
    const Instant opened = rig.now;
    EXPECT_EQ(rig.client.next_deadline(), opened + 10s);
    rig.feed(wire::hex("20 02 00"));  // a part of it does not count
    rig.advance(9999ms);
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(1ms);
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_no_connack);
    EXPECT_FALSE(rig.client.next_deadline());
}

// MQTT 3.1.1: 1.5.3-1, 3.3.1-4, 3.3.2-1, 3.3.2-2, 4.8.0-1
TEST(MqttConnection, protocol_errors_when_connected_have_their_names) {
    const std::pair<wire::Bytes, const char*> table[] = {
        {wire::hex("36 05 0001 61 0001"), "mqtt.malformed"},
        {wire::hex("30 ff ff ff ff 01"), "mqtt.malformed"},
        {wire::publish("a/+", "x"), "mqtt.malformed"},
        {wire::publish("a\xFF", "x"), "mqtt.malformed"},
        {wire::publish(std::string(129, 't') + "#", "x"), "mqtt.malformed"},
        {wire::hex("30 04 ff ff 61 62"), "mqtt.malformed"},
        {wire::hex("90 04 0001 0000"), "mqtt.malformed"},
        {wire::hex("90 ff ff ff 7f"), "mqtt.malformed"},
        {wire::hex("40 ff ff ff 7f"), "mqtt.malformed"},
        {wire::hex("e0 00"), "mqtt.unexpected"},
    };
    for (const auto& [bytes, name] : table) {
        MqttRig rig;
        rig.connect();
        rig.feed(bytes);
        ASSERT_TRUE(rig.client.wants_close()) << name;
        EXPECT_EQ(rig.client.close_reason().name(), name);
        EXPECT_TRUE(rig.wire().empty());
        rig.feed(wire::publish("t", "ignored"));
        rig.close_as_wanted();
        EXPECT_EQ(rig.events, Lines{std::string("disconnected ") + name});
        rig.connect();  // and on line again
        EXPECT_EQ(rig.client.state(), State::connected);
    }
}

TEST(MqttConnection, back_off_grows_from_one_second_to_two_minutes) {
    MqttRig rig;
    rig.start();
    Duration longest{0};
    for (int i = 0; i < 200; ++i) {
        rig.client.transport_opening();
        rig.close();
        const Duration wait = rig.retry_at - rig.now;
        ASSERT_GE(wait, 1s);
        ASSERT_LE(wait, std::min<Duration>(120s, 1s * (2LL << std::min(i, 20))));
        longest = std::max(longest, wait);
        EXPECT_EQ(rig.client.next_deadline(), rig.retry_at);
        EXPECT_FALSE(rig.client.wants_transport(rig.retry_at - 1ms));
        rig.now = rig.retry_at;
        ASSERT_TRUE(rig.client.wants_transport(rig.now));
    }
    EXPECT_GT(longest, 100s);
}

TEST(MqttConnection, back_off_is_jittered) {
    MqttRig a, b;
    a.client.start(a.now, 1);
    b.client.start(b.now, 2);
    a.client.transport_opening();
    b.client.transport_opening();
    a.close();
    b.close();
    EXPECT_NE(a.retry_at, b.retry_at);
}

TEST(MqttConnection, back_off_begins_anew_only_after_a_stable_connection) {
    MqttRig rig;
    rig.start();
    const auto wait_after = [&rig](Duration connected) {
        rig.connect();
        rig.now += connected;
        rig.close();
        return rig.retry_at - rig.now;
    };
    Duration longest{0};
    for (int i = 0; i < 20; ++i) longest = std::max(longest, wait_after(29s));
    EXPECT_GT(longest, 60s);
    for (int i = 0; i < 20; ++i) EXPECT_LE(wait_after(30s), 2s);
}

TEST(MqttConnection, a_connection_that_never_was_one_is_not_stable) {
    MqttRig rig;
    rig.options.connack_timeout = 60s;
    MqttRig::require(rig.client.configure(rig.options));
    rig.start();
    Duration longest{0};
    for (int i = 0; i < 20; ++i) {
        rig.now = *rig.client.next_deadline();
        rig.open();
        rig.advance(60s);
        rig.close_as_wanted();
        longest = std::max(longest, rig.retry_at - rig.now);
    }
    EXPECT_GT(longest, 60s);
}

TEST(MqttConnection, start_in_a_back_off_ends_it) {
    MqttRig rig;
    rig.start();
    rig.client.transport_opening();
    rig.close();
    EXPECT_FALSE(rig.client.wants_transport(rig.now));
    rig.start();
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
}

// MQTT 3.1.1: 3.14.1-1, 3.14.4-1, 3.14.4-2
TEST(MqttConnection, stop_sends_disconnect_and_then_wants_nothing) {  // MQTT-3.14.4: no will
    MqttRig rig;
    rig.connect();
    rig.client.stop(rig.now);
    EXPECT_EQ(rig.client.state(), State::closing);
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
    EXPECT_TRUE(rig.client.wants_close());
    rig.client.stop(rig.now);
    rig.close_as_wanted();
    EXPECT_EQ(rig.events, Lines{"disconnected cancelled"});
    EXPECT_EQ(rig.retry_at, Instant::max());
    EXPECT_EQ(rig.client.state(), State::stopped);
    EXPECT_FALSE(rig.client.next_deadline());
    EXPECT_FALSE(rig.client.wants_transport(rig.now + 24h));
    rig.client.stop(rig.now);
    EXPECT_EQ(rig.client.state(), State::stopped);
}

// MQTT 3.1.1: 3.14.4-2
TEST(MqttConnection, stop_sends_what_was_published_before_it) {
    MqttRig rig;
    rig.connect();
    rig.publish("online", "0", 1, true);
    rig.publish("bye", "x", 0);
    rig.client.stop(rig.now);
    rig.feed(wire::publish("t", "no longer looked at") + wire::puback(1));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 retain online=0", "PUBLISH q0 bye=x", "DISCONNECT"}));
    EXPECT_EQ(rig.events, Lines{"published 2 ok"});
}

TEST(MqttConnection, stop_does_not_wait_forever_for_a_blocked_transport) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "long", 0);
    rig.send(3);
    rig.client.stop(rig.now);
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 5s);
    rig.advance(4999ms);
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(1ms);
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_TRUE(rig.client.output().empty());
    rig.close_as_wanted();
    EXPECT_EQ(rig.events, (Lines{"published 1 closed", "disconnected cancelled"}));
}

TEST(MqttConnection, stop_in_every_other_state) {
    MqttRig waiting;
    waiting.start();
    waiting.client.stop(waiting.now);
    EXPECT_EQ(waiting.client.state(), State::stopped);
    EXPECT_TRUE(waiting.events.empty());

    MqttRig opening;
    opening.start();
    opening.client.transport_opening();
    opening.client.stop(opening.now);
    EXPECT_TRUE(opening.client.wants_close());
    opening.client.transport_opened(opening.now);  // crossed with stop()
    EXPECT_TRUE(opening.client.wants_close());
    opening.close_as_wanted();
    EXPECT_EQ(opening.client.state(), State::stopped);

    MqttRig connecting;
    connecting.start();
    connecting.open();
    connecting.client.stop(connecting.now);
    EXPECT_TRUE(connecting.client.wants_close());
    EXPECT_TRUE(connecting.client.output().empty());
    connecting.close_as_wanted();
    EXPECT_EQ(connecting.client.state(), State::stopped);
}

TEST(MqttConnection, start_again_while_still_closing) {
    MqttRig rig;
    rig.connect();
    rig.client.stop(rig.now);
    rig.start();
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
    rig.close_as_wanted();
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
    EXPECT_EQ(rig.retry_at, rig.now);
}

TEST(MqttConnection, a_back_off_can_be_made_shorter_and_not_longer) {
    MqttRig rig;
    rig.connect();
    rig.close();
    rig.client.retry_by(rig.now + 10ms);
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 10ms);
    rig.client.retry_by(rig.now + 1h);
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 10ms);
    EXPECT_FALSE(rig.client.wants_transport(rig.now));
    EXPECT_TRUE(rig.client.wants_transport(rig.now + 10ms));
}

TEST(MqttConnection, calls_that_do_not_fit_the_state_are_harmless) {
    MqttRig rig;
    const auto poke = [&rig] {
        rig.client.tick(rig.now);
        rig.client.receive(wire::publish("t", "x"), rig.now);
        rig.client.sent(5, rig.now);
        EXPECT_TRUE(rig.client.output().empty());
        EXPECT_TRUE(rig.client.wants_input());
        EXPECT_FALSE(rig.client.wants_close());
    };
    poke();
    rig.client.transport_closed(rig.now, Error(errors::closed));
    rig.client.transport_opening();
    rig.client.transport_opened(rig.now);
    EXPECT_EQ(rig.client.state(), State::stopped);
    rig.start();
    poke();
    rig.client.transport_closed(rig.now, Error(errors::closed));
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
    rig.client.transport_opening();
    poke();
    rig.client.transport_opening();
    rig.client.transport_opened(rig.now);
    rig.client.transport_opened(rig.now);
    rig.drain();
    rig.client.sent(1000, rig.now);
    rig.start();
    rig.feed(wire::connack());
    EXPECT_EQ(rig.events, Lines{"connected new"});
}

TEST(MqttConnection, transport_opened_without_opening_is_enough) {
    MqttRig rig;
    rig.start();
    rig.client.transport_opened(rig.now);
    EXPECT_EQ(rig.wire(), Lines{"CONNECT"});
}

TEST(MqttConnection, long_outage_ends_on_line_again) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "kept", 1);
    rig.close();
    for (int i = 0; i < 10'000; ++i) {  // a week or so
        rig.now = *rig.client.next_deadline();
        rig.client.transport_opening();
        rig.close(errors::timed_out);
    }
    rig.connect(true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=kept"});
}

}  // namespace
}  // namespace esb::mqtt
