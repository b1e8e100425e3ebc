// Messages on their way in, and callbacks that call the client back.
#include <gtest/gtest.h>

#include "support/mqtt_rig.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using Lines = MqttRig::Lines;
using State = Client::State;
namespace wire = esb::test::wire;

// MQTT 3.1.1: 3.3.4-1, 4.3.2-2, 4.3.3-2, 4.6.0-2, 4.6.0-3
TEST(MqttMessage, each_qos_is_answered_as_section_43_says) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::publish("t", "0") + wire::publish("t", "1", 1, 5) + wire::publish("t", "2", 2, 6, false, true));
    EXPECT_EQ(rig.events, (Lines{"message q0 t=0", "message q1 t=1", "message q2 retain t=2"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 5", "PUBREC 6"}));
    rig.feed(wire::pubrel(6));
    EXPECT_EQ(rig.wire(), Lines{"PUBCOMP 6"});
    EXPECT_EQ(rig.client.statistics().messages_in, 3U);
}

TEST(MqttMessage, byte_by_byte_gives_the_same_events_and_answers) {
    const auto stream = wire::publish("t", "hello") + wire::publish("t", "", 1, 5) + wire::publish("t/u", "xyz", 2, 6) +
                        wire::pubrel(6) + wire::pingresp() + wire::publish("t", std::string(200, 'x'), 1, 7, true);
    MqttRig whole, bytewise;
    for (auto* rig : {&whole, &bytewise}) rig->connect();
    whole.feed(stream);
    bytewise.feed_bytewise(stream);
    EXPECT_EQ(whole.events, bytewise.events);
    EXPECT_EQ(whole.events.size(), 4U);
    EXPECT_EQ(whole.wire(), bytewise.wire());
    EXPECT_EQ(bytewise.pieces, 5U + 1 + 3 + 200);
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        MqttRig rig;
        rig.connect();
        rig.client.receive(ConstBytes(stream).first(cut), rig.now);
        rig.client.receive(ConstBytes(stream).subspan(cut), rig.now);
        ASSERT_EQ(rig.events, whole.events) << cut;
    }
}

TEST(MqttMessage, a_long_message_passes_through_small_memory) {
    MqttRig rig({}, 0);
    rig.connect();
    const std::string payload(200'000, 'x');
    const auto bytes = wire::publish("t", payload, 1, 9);
    for (std::size_t at = 0; at < bytes.size(); at += 1000) {
        rig.client.receive(ConstBytes(bytes).subspan(at, std::min<std::size_t>(1000, bytes.size() - at)), rig.now);
    }
    EXPECT_EQ(rig.message, payload);
    EXPECT_EQ(rig.last_total, payload.size());
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 9"});
}

// A message above the limits must not cost the connection, or a persistent session would bring it for ever.
// MQTT 3.1.1: 4.5.0-2
// MQTT 5.0: 4.5.0-2
TEST(MqttMessage, what_is_too_large_is_acknowledged_and_reported_and_the_connection_lives_on) {
    const std::string payload(2000, 'x');
    const std::string topic(129, 't');
    const auto stream = wire::publish("t", payload, 0) + wire::publish("t", payload, 1, 5) +
                        wire::publish("t", payload, 2, 6, false, true) + wire::publish(topic, "abc", 1, 7, true) +
                        wire::publish(topic, payload, 2, 8) + wire::publish("t", "next", 1, 9);
    for (const bool bytewise : {false, true}) {
        MqttRig rig({.max_packet_in = 1000}, 0);
        rig.connect();
        bytewise ? rig.feed_bytewise(stream) : rig.feed(stream);
        EXPECT_EQ(rig.events, (Lines{"too large q0 t 1+2000", "too large q1 t 1+2000", "too large q2 retain t 1+2000",
                                     "too large q1 dup  129+3", "too large q2  129+2000", "message q1 t=next"}));
        EXPECT_EQ(rig.wire(), (Lines{"PUBACK 5", "PUBREC 6", "PUBACK 7", "PUBREC 8", "PUBACK 9"}));
        EXPECT_EQ(rig.client.statistics().too_large_in, 5U);
        EXPECT_EQ(rig.client.statistics().messages_in, 1U);
        EXPECT_EQ(rig.client.state(), State::connected);
    }
}

TEST(MqttMessage, a_qos_2_message_that_is_too_large_is_reported_exactly_once) {
    MqttRig rig({.max_packet_in = 1000});
    rig.connect();
    const std::string payload(2000, 'x');
    rig.feed(wire::publish("t", payload, 2, 6));
    EXPECT_EQ(rig.take_events(), Lines{"too large q2 t 1+2000"});
    rig.close();  // PUBREC went with it
    rig.connect(true);
    rig.feed(wire::publish("t", payload, 2, 6, true));
    EXPECT_EQ(rig.take_events(), Lines{}) << "known by its identifier";
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 6"});
    rig.feed(wire::pubrel(6));
    EXPECT_EQ(rig.wire(), Lines{"PUBCOMP 6"});
    EXPECT_EQ(rig.client.statistics().duplicates_in, 1U);
    rig.feed(wire::publish("t", payload, 2, 6));
    EXPECT_EQ(rig.take_events(), Lines{"too large q2 t 1+2000"}) << "another one";
}

TEST(MqttMessage, what_is_too_large_and_broken_in_the_middle_is_not_reported_before_it_is_through) {
    MqttRig rig({.max_packet_in = 1000});
    rig.connect();
    const auto message = wire::publish("t", std::string(2000, 'x'), 1, 6);
    rig.client.receive(ConstBytes(message).first(1500), rig.now);
    rig.close();
    rig.connect(true);
    EXPECT_EQ(rig.take_events(), Lines{});
    rig.feed(message);
    EXPECT_EQ(rig.take_events(), Lines{"too large q1 t 1+2000"});
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 6"});
}

TEST(MqttMessage, what_is_too_large_has_no_place_before_connack) {
    MqttRig rig({.max_packet_in = 1000});
    rig.start();
    rig.open();
    rig.drain();
    rig.feed(wire::publish("t", std::string(2000, 'x'), 1, 6));
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
}

TEST(MqttMessage, more_qos_2_messages_that_are_too_large_than_can_be_remembered_come_through_over_connections) {
    MqttRig rig({.max_inflight_in = 2, .max_packet_in = 1000});
    rig.connect();
    for (unsigned id = 1; id <= 3; ++id) rig.feed(wire::publish("t", std::string(2000, 'x'), 2, id));
    EXPECT_EQ(rig.take_events().size(), 2U);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 1", "PUBREC 2"}));
    rig.feed(wire::pubrel(1) + wire::pubrel(2));
    EXPECT_EQ(rig.wire(), (Lines{"PUBCOMP 1", "PUBCOMP 2"}));
    rig.advance(2s);
    rig.drain();
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_overrun);
    rig.close_as_wanted();
    rig.connect(true);
    rig.feed(wire::publish("t", std::string(2000, 'x'), 2, 3, true));
    EXPECT_EQ(rig.take_events(), Lines{"too large q2 dup t 1+2000"});
}

// MQTT 3.1.1: 4.3.3-2
TEST(MqttMessage, a_qos_2_duplicate_is_answered_but_not_delivered_again) {  // MQTT-4.3.3-2
    MqttRig rig;
    rig.connect();
    rig.feed(wire::publish("t", "x", 2, 6));
    rig.feed(wire::publish("t", "x", 2, 6, true));
    rig.wire();
    rig.close();
    rig.connect(true);
    rig.feed_bytewise(wire::publish("t", "x", 2, 6, true));
    EXPECT_TRUE(rig.events.empty());
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 6"});
    EXPECT_EQ(rig.client.statistics().duplicates_in, 2U);
    EXPECT_EQ(rig.client.statistics().messages_in, 1U);
    rig.feed(wire::pubrel(6) + wire::publish("t", "y", 2, 6));  // a new one under the same identifier
    EXPECT_EQ(rig.events, Lines{"message q2 t=y"});
}

// MQTT 3.1.1: 4.3.2-2
TEST(MqttMessage, a_qos_1_message_may_come_twice) {  // section 4.3.2
    MqttRig rig;
    rig.connect();
    rig.feed(wire::publish("t", "x", 1, 6) + wire::publish("t", "x", 1, 6, true));
    EXPECT_EQ(rig.events, (Lines{"message q1 t=x", "message q1 dup t=x"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 6", "PUBACK 6"}));
}

// MQTT 3.1.1: 4.3.3-2
TEST(MqttMessage, unknown_pubrel_is_always_answered) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::pubrel(999) + wire::pubrel(999));
    EXPECT_EQ(rig.wire(), (Lines{"PUBCOMP 999", "PUBCOMP 999"}));
}

TEST(MqttMessage, a_lost_session_forgets_received_identifiers) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::publish("t", "old", 2, 6));
    rig.close();
    rig.connect(false);
    rig.feed(wire::publish("t", "new", 2, 6));
    EXPECT_EQ(rig.events, Lines{"message q2 t=new"});
}

TEST(MqttMessage, broken_in_the_middle_it_comes_again_from_offset_zero) {
    for (const unsigned qos : {1U, 2U}) {
        const auto message = wire::publish("t", "hello", qos, 6);
        for (std::size_t cut = 1; cut < message.size(); ++cut) {
            MqttRig rig;
            rig.connect();
            rig.client.receive(ConstBytes(message).first(cut), rig.now);
            EXPECT_TRUE(rig.wire().empty());
            rig.close();
            rig.connect(true);
            rig.feed(wire::publish("t", "hello", qos, 6, true));
            EXPECT_EQ(rig.events, Lines{"message q" + std::to_string(qos) + " dup t=hello"});
        }
    }
}

// MQTT 3.1.1: 4.8.0-2
TEST(MqttMessage, one_more_qos_2_message_than_can_be_remembered_closes_without_losing_it) {
    MqttRig rig({.max_inflight_in = 2});
    rig.connect();
    rig.feed(wire::publish("t", "a", 2, 1) + wire::publish("t", "b", 2, 2) + wire::publish("t", "a", 2, 1, true) +
             wire::publish("t", "c", 2, 3) + wire::publish("t", "d", 2, 4));
    EXPECT_EQ(rig.events, (Lines{"message q2 t=a", "message q2 t=b"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 1", "PUBREC 2", "PUBREC 1"}));
    // Exchanges under way go on for two seconds; later messages must not overtake the one left.
    rig.take_events();
    rig.publish("t", "out", 1);
    rig.feed(wire::pubrel(1) + wire::publish("t", "e", 2, 5) + wire::publish("t", "f", 1, 6) + wire::publish("t", "g"));
    EXPECT_EQ(rig.wire(), (Lines{"PUBCOMP 1", "PUBLISH q1 id1 t=out"}));
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.take_events(), (Lines{"message q0 t=g", "published 1 ok"}));
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 2s);
    rig.advance(1s);
    rig.feed(wire::publish("t", "h", 2, 7));  // does not prolong it
    rig.advance(1s);
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
    ASSERT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_overrun);
    rig.close_as_wanted();
    EXPECT_EQ(rig.client.state(), State::waiting);
    EXPECT_LE(rig.retry_at, rig.now + 2s);
    rig.connect(true);
    rig.feed(wire::pubrel(2) + wire::publish("t", "c", 2, 3, true) + wire::publish("t", "d", 2, 4, true));
    EXPECT_EQ(rig.events, (Lines{"message q2 dup t=c", "message q2 dup t=d"}));
}

TEST(MqttMessage, more_answers_than_room_closes_without_losing_a_message) {
    MqttRig rig({.max_inflight_out = 1, .max_acks = 10});
    rig.connect();
    EXPECT_TRUE(rig.client.wants_input());
    wire::Bytes burst;
    for (unsigned id = 1; id <= 20; ++id) burst = burst + wire::publish("t", std::to_string(id), 1, id);
    rig.feed(burst);
    EXPECT_EQ(rig.events.size(), 10U);  // delivered and answered: no more, no fewer
    const auto lines = rig.wire();
    ASSERT_EQ(lines.size(), 10U);
    EXPECT_EQ(lines[9], "PUBACK 10");
    rig.feed(wire::publish("t", "21", 1, 21));  // there is room again, but the order counts
    EXPECT_TRUE(rig.wire().empty());
    EXPECT_EQ(rig.events.size(), 10U);
    rig.advance(2s);
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_overrun);
}

TEST(MqttMessage, pubrel_and_pubrec_overrun_too) {
    for (const auto& packet : {wire::pubrel(1), wire::pubrec(1)}) {
        MqttRig rig({.max_inflight_out = 1, .max_acks = 10});
        rig.connect();
        for (int i = 0; i < 11; ++i) rig.feed(packet);
        EXPECT_EQ(rig.wire().size(), 10U);
        rig.advance(2s);
        EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_overrun);
    }
}

TEST(MqttMessage, a_driver_that_heeds_wants_input_is_never_overrun) {
    MqttRig rig({.max_inflight_out = 1, .max_acks = 10});
    rig.connect();
    for (unsigned id = 1; id <= 1000; ++id) {
        rig.feed(wire::publish("t", "x", 1, id));
        if (!rig.client.wants_input()) rig.wire();
        ASSERT_TRUE(rig.client.wants_input());
    }
    EXPECT_EQ(rig.events.size(), 1000U);
}

TEST(MqttMessage, ack_buffer_survives_partial_sends_over_and_over) {
    MqttRig rig({.max_inflight_out = 1, .max_acks = 4});
    rig.connect();
    unsigned expected = 1;
    for (unsigned id = 1; id <= 500; ++id) {
        rig.feed(wire::publish("t", "x", 1, id));
        while (!rig.client.wants_input() || id % 3 == 0) {
            if (rig.client.output().empty()) break;
            rig.send(1);
        }
        while (auto packet = wire::take_packet(rig.stream)) ASSERT_EQ(packet->id, expected++);
    }
    EXPECT_FALSE(rig.client.wants_close());
}

// --- callbacks that call back ---

TEST(MqttReentrancy, publish_from_within_a_message_using_its_views) {
    MqttRig rig;
    rig.connect();
    rig.when_message = [&rig](const MessagePiece& piece) {
        if (piece.is_last()) static_cast<void>(rig.client.publish({piece.topic, piece.bytes, Qos::at_least_once}));
    };
    rig.feed(wire::publish("t/echo", "one", 1, 5) + wire::publish("t/echo", "two", 1, 6));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 5", "PUBACK 6", "PUBLISH q1 id1 t/echo=one", "PUBLISH q1 id2 t/echo=two"}));
}

TEST(MqttReentrancy, subscribe_from_within_on_connected) {
    MqttRig rig;
    rig.when_connected = [&rig] {
        EXPECT_TRUE(rig.client.subscribe("a", Qos::at_least_once));
        EXPECT_TRUE(rig.client.unsubscribe("b"));
        rig.publish("online", "1", 0, true);
    };
    rig.connect();
    EXPECT_EQ(rig.wire(), (Lines{"SUBSCRIBE id1 a q1", "UNSUBSCRIBE id2 b", "PUBLISH q0 retain online=1"}));
}

TEST(MqttReentrancy, publish_from_within_completions_fills_the_freed_room) {
    MqttRig rig;
    rig.connect();
    int left = 50;
    const std::string payload(3000, 'x');  // one fits, two do not
    rig.when_published = [&](Token, const Status& outcome) {
        EXPECT_TRUE(outcome);
        if (left-- > 0) rig.publish("t", payload, left % 3);
    };
    rig.publish("t", payload, 1);
    for (unsigned i = 0; i < 1000 && rig.client.pending() > 0; ++i) {
        rig.drain();
        while (auto packet = wire::take_packet(rig.stream)) {
            if (packet->qos == 1) rig.feed(wire::puback(packet->id));
            if (packet->qos == 2) rig.feed(wire::pubrec(packet->id));
            if (packet->type == 6) rig.feed(wire::pubcomp(packet->id));
        }
    }
    EXPECT_EQ(left, -1);
    EXPECT_EQ(rig.client.statistics().messages_out, 51U);
}

TEST(MqttReentrancy, stop_from_within_a_message_ends_delivery_but_acknowledges_what_was_delivered) {
    MqttRig rig;
    rig.connect();
    rig.when_message = [&rig](const MessagePiece&) { rig.client.stop(rig.now); };
    rig.feed(wire::publish("t", "a", 2, 5) + wire::publish("t", "b", 2, 6));
    EXPECT_EQ(rig.events, Lines{"message q2 t=a"});
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 5", "DISCONNECT"}));
    rig.close_as_wanted();
    rig.when_message = nullptr;
    rig.connect(true);
    rig.feed(wire::publish("t", "a", 2, 5, true) + wire::publish("t", "b", 2, 6, true));
    EXPECT_EQ(rig.events, Lines{"message q2 dup t=b"});
}

TEST(MqttReentrancy, stop_in_the_middle_of_a_message_leaves_it_to_the_next_connection) {
    MqttRig rig;
    rig.connect();
    rig.when_message = [&rig](const MessagePiece&) { rig.client.stop(rig.now); };
    rig.feed_bytewise(wire::publish("t", "abc", 2, 5));
    EXPECT_EQ(rig.pieces, 1U);
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"});
    rig.close_as_wanted();
    rig.when_message = nullptr;
    rig.connect(true);
    rig.feed(wire::publish("t", "abc", 2, 5, true));
    EXPECT_EQ(rig.events, Lines{"message q2 dup t=abc"});
}

TEST(MqttReentrancy, stop_from_within_on_connected_and_on_subscribed_and_on_published) {
    MqttRig connected;
    connected.when_connected = [&connected] { connected.client.stop(connected.now); };
    connected.start();
    connected.open();
    connected.drain();
    connected.stream.clear();
    connected.feed(wire::connack() + wire::publish("t", "x"));
    EXPECT_EQ(connected.events, Lines{"connected new"});
    EXPECT_EQ(connected.wire(), Lines{"DISCONNECT"});

    MqttRig subscribed;
    subscribed.connect();
    subscribed.when_subscribed = [&subscribed] { subscribed.client.stop(subscribed.now); };
    ASSERT_TRUE(subscribed.client.subscribe("a", Qos::at_most_once));
    subscribed.wire();
    subscribed.feed(wire::suback(1, 0) + wire::publish("t", "x"));
    EXPECT_EQ(subscribed.events, Lines{"subscribed 1 q0"});

    MqttRig published;
    published.connect();
    published.when_published = [&published](Token, const Status&) { published.client.stop(published.now); };
    published.publish("t", "x", 0);
    published.publish("t", "y", 0);
    EXPECT_EQ(published.wire(), (Lines{"PUBLISH q0 t=x", "PUBLISH q0 t=y", "DISCONNECT"}));
}

TEST(MqttReentrancy, stop_from_within_a_session_lost_completion) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 2);
    rig.wire();
    rig.feed(wire::pubrec(1));
    rig.close();
    rig.take_events();
    rig.when_published = [&rig](Token, const Status&) { rig.client.stop(rig.now); };
    rig.now = *rig.client.next_deadline();
    rig.open();
    rig.drain();
    rig.feed(wire::connack(false));
    EXPECT_EQ(rig.events, Lines{"published 1 mqtt.session_lost"});  // and no on_connected after stop()
    EXPECT_EQ(rig.client.state(), State::closing);
}

TEST(MqttReentrancy, publish_again_from_within_cancellations) {
    MqttRig rig;
    for (int i = 0; i < 3; ++i) rig.publish("t", "x", 1);
    rig.when_published = [&rig](Token token, const Status&) {
        if (token <= 3) rig.publish("t", "again", 1);
    };
    rig.client.forget_session();
    EXPECT_EQ(rig.client.pending(), 3U);
    rig.connect();
    EXPECT_EQ(rig.wire().size(), 3U);
}

TEST(MqttReentrancy, forget_from_within_a_cancellation) {
    MqttRig rig;
    for (int i = 0; i < 3; ++i) rig.publish("t", "x", 1);
    rig.when_published = [&rig](Token, const Status&) { rig.client.forget_session(); };
    rig.client.forget_session();
    EXPECT_EQ(rig.events.size(), 3U);
    EXPECT_EQ(rig.client.pending(), 0U);
}

TEST(MqttReentrancy, forget_from_within_a_message_still_answers_it) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 1);
    rig.when_message = [&rig](const MessagePiece&) { rig.client.forget_session(); };
    rig.feed(wire::publish("t", "a", 2, 5));
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 5"});
    EXPECT_EQ(rig.events, (Lines{"message q2 t=a", "published 1 cancelled"}));
}

TEST(MqttReentrancy, publish_and_stop_from_within_on_disconnected) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 0);
    rig.when_published = [&rig](Token, const Status& outcome) {
        EXPECT_FALSE(outcome);
        EXPECT_EQ(rig.client.publish({"t", {}}).error(), errors::closed);
        rig.publish("t", "stored", 1);
        rig.when_published = nullptr;
    };
    rig.when_disconnected = [&rig] { rig.client.stop(rig.now); };
    rig.close();
    EXPECT_EQ(rig.client.state(), State::stopped);
    rig.connect(true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=stored"});
}

TEST(MqttReentrancy, start_from_within_on_disconnected_skips_the_back_off) {
    MqttRig rig;
    rig.connect();
    rig.when_disconnected = [&rig] { rig.start(); };
    rig.close();
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
}

TEST(MqttMemory, a_misaligned_and_minimal_block_works) {
    const Limits limits{.max_topic = 5, .max_inflight_out = 0, .max_inflight_in = 0, .max_acks = 0};
    for (std::size_t shift = 0; shift < 16; ++shift) {
        esb::test::MqttRig outer;  // only a handler
        std::vector<std::uint8_t> block(Client::minimum_memory(limits) + shift);
        Client client(outer, limits, MutBytes(block).subspan(shift));
        ConnectOptions options;
        options.client_id = "x";
        MqttRig::require(client.configure(options));
        client.start(outer.now, 0);
        client.transport_opened(outer.now);
        while (!client.output().empty()) client.sent(1, outer.now);
        client.receive(wire::connack(), outer.now);
        EXPECT_EQ(client.state(), State::connected);
        EXPECT_TRUE(client.publish(
            {"topic", as_bytes("at least sixty bytes of payload fit into the smallest block"), Qos::exactly_once}));
        EXPECT_FALSE(client.output().empty());
    }
}

TEST(MqttMemoryDeathTest, too_little_memory_traps) {
    MqttRig handler;
    std::vector<std::uint8_t> block(Client::minimum_memory({}) - 1);
    EXPECT_DEATH(Client(handler, {}, block), "");
}

}  // namespace
}  // namespace esb::mqtt
