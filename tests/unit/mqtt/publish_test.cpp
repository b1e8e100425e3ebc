// Messages on their way out: the exchanges of section 4.3, the window, the outbox, partial sends, resumes.
#include <gtest/gtest.h>

#include "support/mqtt_rig.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;

std::string refusal(MqttRig& rig, const Publish& message) {
    const auto token = rig.client.publish(message);
    return token ? "ok" : std::string(token.error().name());
}

// MQTT 3.1.1: 4.3.1-1
TEST(MqttPublish, qos_0_is_complete_when_the_transport_took_it) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 0);
    const std::size_t size = rig.client.output().size();
    rig.send(size - 1);
    EXPECT_TRUE(rig.events.empty());
    EXPECT_EQ(rig.client.pending(), 1U);
    rig.send(1);
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
    EXPECT_EQ(rig.client.pending(), 0U);
    EXPECT_EQ(rig.client.statistics().messages_out, 1U);
}

// MQTT 3.1.1: 4.3.2-1
TEST(MqttPublish, qos_1_is_complete_with_puback) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 1, true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 retain t=x"});
    EXPECT_TRUE(rig.events.empty());
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
}

// MQTT 3.1.1: 2.3.1-6, 4.3.3-1
TEST(MqttPublish, qos_2_is_complete_with_pubcomp) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 2);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q2 id1 t=x"});
    rig.feed(wire::pubrec(1));
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 1"});
    EXPECT_EQ(rig.client.pending(), 1U);
    rig.feed(wire::pubcomp(1));
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
    EXPECT_EQ(rig.client.pending(), 0U);
}

TEST(MqttPublish, pubrec_again_gives_pubrel_again) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 2);
    rig.wire();
    rig.feed(wire::pubrec(1) + wire::pubrec(1));
    EXPECT_EQ(rig.wire(), (Lines{"PUBREL 1", "PUBREL 1"}));
    rig.feed(wire::pubcomp(1) + wire::pubcomp(1));
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
}

TEST(MqttPublish, unknown_acknowledgements_stall_nothing) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::puback(7) + wire::pubcomp(7) + wire::suback(7, 0) + wire::unsuback(7));
    EXPECT_TRUE(rig.wire().empty());
    rig.feed(wire::pubrec(7));
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 7"});
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_TRUE(rig.events.empty());
}

// MQTT 3.1.1: 4.8.0-1
TEST(MqttPublish, an_acknowledgement_of_the_wrong_kind_closes_and_the_message_goes_again) {  // MQTT-4.8.0-1
    for (const auto& wrong : {wire::puback(1), wire::pubcomp(1), wire::suback(1, 0)}) {
        MqttRig rig;
        rig.connect();
        rig.publish("t", "x", 2);
        rig.wire();
        rig.feed(wrong);
        ASSERT_TRUE(rig.client.wants_close());
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
        rig.close_as_wanted();
        rig.connect(true);
        EXPECT_EQ(rig.wire(), Lines{"PUBLISH q2 id1 dup t=x"});
    }
}

TEST(MqttPublish, without_a_connection_qos_1_and_2_wait_and_qos_0_is_refused) {
    MqttRig rig;
    EXPECT_EQ(refusal(rig, {"t", as_bytes("0")}), "closed");
    rig.publish("t", "1", 1);
    rig.publish("t", "2", 2);
    rig.start();
    rig.open();
    EXPECT_EQ(refusal(rig, {"t", as_bytes("0")}), "closed");
    EXPECT_EQ(rig.wire(), Lines{"CONNECT"});
    rig.feed(wire::connack());
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=1", "PUBLISH q2 id2 t=2"}));
}

// MQTT 3.1.1: 1.5.3-1, 3.3.1-4, 3.3.2-2, 4.7.1-1, 4.7.3-1
// MQTT 5.0: 3.3.1-4
TEST(MqttPublish, refuses_what_cannot_be_sent) {
    MqttRig rig;
    rig.connect();
    EXPECT_EQ(refusal(rig, {"", {}}), "mqtt.bad_topic");
    EXPECT_EQ(refusal(rig, {"a/+", {}}), "mqtt.bad_topic");
    EXPECT_EQ(refusal(rig, {"\xFF", {}}), "mqtt.bad_topic");
    EXPECT_EQ(refusal(rig, {std::string(129, 'a'), {}}), "too_long");
    EXPECT_EQ(refusal(rig, {std::string(128, 'a'), {}}), "ok");
    EXPECT_EQ(refusal(rig, {"t", {}, static_cast<Qos>(3)}), "invalid_argument");
    const std::vector<std::uint8_t> huge(100'000);
    EXPECT_EQ(refusal(rig, {"t", huge}), "too_long");   // would not fit the empty outbox
    const ConstBytes beyond{huge.data(), 300'000'000};  // never looked at
    EXPECT_EQ(refusal(rig, {"t", beyond}), "too_long");
    EXPECT_EQ(rig.wire().size(), 1U);
}

TEST(MqttPublish, full_says_so_and_takes_again_after_a_completion) {
    MqttRig rig;
    rig.connect();
    const std::string payload(500, 'x');
    int accepted = 0;
    while (refusal(rig, {"t", as_bytes(payload), Qos::at_least_once}) == "ok") ++accepted;
    EXPECT_GT(accepted, 6);
    EXPECT_EQ(refusal(rig, {"t", as_bytes(payload), Qos::at_least_once}), "full");
    EXPECT_EQ(rig.client.pending(), static_cast<std::size_t>(accepted));
    rig.wire();
    rig.feed(wire::puback(3));  // a hole in the middle
    EXPECT_EQ(refusal(rig, {"t", as_bytes(payload), Qos::at_least_once}), "ok");
    EXPECT_EQ(refusal(rig, {"t", as_bytes(payload), Qos::at_least_once}), "full");
}

TEST(MqttPublish, the_window_is_kept_and_the_others_follow_in_order) {
    MqttRig rig({.max_inflight_out = 2});
    rig.connect();
    for (const auto* text : {"a", "b", "c", "d"}) rig.publish("t", text, 1);
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=a", "PUBLISH q1 id2 t=b"}));
    rig.publish("t", "now", 0);  // MQTT-3.3.4-8 (5.0): only what the window counts may wait for it
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q0 t=now"});
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id3 t=c"});
    rig.feed(wire::puback(3) + wire::puback(2));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id4 t=d"});
}

// MQTT 3.1.1: 7.1.2-1
TEST(MqttPublish, partial_sends_at_every_byte_give_the_same_stream) {
    const auto run = [](std::size_t chunk) {
        MqttRig rig;
        rig.connect();
        rig.publish("t", "zero", 0);
        rig.publish("t", "one", 1);
        rig.feed(wire::publish("t", "in", 2, 5));
        rig.publish("t", "two", 2);
        rig.drain(chunk);
        rig.feed(wire::pubrec(2) + wire::pubrel(5));
        rig.drain(chunk);
        rig.client.stop(rig.now);
        rig.drain(chunk);
        return rig.stream;
    };
    const auto whole = run(1'000'000);
    for (std::size_t chunk = 1; chunk < 20; ++chunk) EXPECT_EQ(run(chunk), whole) << chunk;
}

TEST(MqttPublish, acknowledgements_never_cut_into_a_packet_half_sent) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "out", 1);
    const std::size_t size = rig.client.output().size();
    for (std::size_t cut = 1; cut < size; ++cut) {
        rig.send(1);
        rig.feed(wire::publish("t", "in", 1, static_cast<unsigned>(cut)));
    }
    const auto lines = rig.wire();
    ASSERT_EQ(lines.size(), size);
    EXPECT_EQ(lines[0], "PUBLISH q1 id1 t=out");
    EXPECT_EQ(lines[1], "PUBACK 1");
}

TEST(MqttPublish, output_not_taken_comes_again_unchanged) {
    const auto begins_with = [](ConstBytes bytes, const wire::Bytes& front) {
        return bytes.size() >= front.size() && equal(bytes.first(front.size()), front);
    };
    for (const bool control_first : {false, true}) {
        MqttRig rig({.max_inflight_out = 1, .max_acks = 4});
        rig.connect();
        if (control_first) rig.feed(wire::publish("t", "x", 1, 1));
        rig.publish("t", "kept in place", 1);
        wire::Bytes offered;
        const auto out = rig.client.output();
        offered.assign(out.begin(), out.end());
        rig.feed(wire::publish("t", "x", 1, 2));
        EXPECT_TRUE(begins_with(rig.client.output(), offered));
        rig.advance(58s);  // PINGREQ
        while (rig.client.publish({"t", as_bytes("more"), Qos::at_least_once})) {
        }
        EXPECT_TRUE(begins_with(rig.client.output(), offered));
        rig.client.forget_session();
        EXPECT_TRUE(begins_with(rig.client.output(), offered));
        rig.client.stop(rig.now);
        EXPECT_TRUE(begins_with(rig.client.output(), offered));
    }
}

// MQTT 3.1.1: 2.3.1-3, 3.1.2-4, 3.3.1-1, 4.3.2-1, 4.3.3-1, 4.4.0-1, 4.6.0-1
TEST(MqttPublish, resume_repeats_in_order_with_dup_and_nothing_else) {  // MQTT-4.4.0-1, MQTT-4.6.0-1
    MqttRig rig;
    rig.connect();
    for (const int qos : {1, 2, 2, 1}) rig.publish("t", std::to_string(qos), qos);
    rig.wire();
    rig.feed(wire::pubrec(3));
    rig.wire();
    rig.close();
    rig.publish("t", "late", 1);
    rig.connect(true);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREL 3", "PUBLISH q1 id1 dup t=1", "PUBLISH q2 id2 dup t=2",
                                 "PUBLISH q1 id4 dup t=1", "PUBLISH q1 id5 t=late"}));
    EXPECT_EQ(rig.client.statistics().resends, 4U);
    rig.advance(50s);
    EXPECT_TRUE(rig.wire().empty());  // never by a timer
    rig.feed(wire::puback(1) + wire::pubrec(2) + wire::pubcomp(3) + wire::puback(4) + wire::puback(5) +
             wire::pubcomp(2));
    EXPECT_EQ(rig.events,
              (Lines{"published 1 ok", "published 3 ok", "published 4 ok", "published 5 ok", "published 2 ok"}));
    EXPECT_EQ(rig.client.pending(), 0U);
}

// MQTT 3.1.1: 4.3.3-1, 4.6.0-4
TEST(MqttPublish, pubrels_are_repeated_in_the_order_of_their_pubrecs) {  // MQTT-4.6.0-4
    MqttRig rig;
    rig.connect();
    for (int i = 0; i < 3; ++i) rig.publish("t", "x", 2);
    rig.wire();
    rig.feed(wire::pubrec(2) + wire::pubrec(3) + wire::pubrec(1));
    rig.close();
    rig.connect(true);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREL 2", "PUBREL 3", "PUBREL 1"}));
}

TEST(MqttPublish, a_resume_cut_short_is_resumed_again) {
    MqttRig rig;
    rig.connect();
    for (const auto* text : {"a", "b", "c"}) rig.publish("t", text, 1);
    rig.wire();
    rig.close();
    for (std::size_t sent = 0; sent < 20; ++sent) {
        rig.connect(true);
        for (std::size_t i = 0; i < sent; ++i) {
            if (!rig.client.output().empty()) rig.send(1);
        }
        rig.close();
    }
    rig.connect(true);
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 dup t=a", "PUBLISH q1 id2 dup t=b", "PUBLISH q1 id3 dup t=c"}));
}

// MQTT 3.1.1: 3.3.1-3
TEST(MqttPublish, after_a_lost_session_they_are_new_messages) {  // section 3.2.2.2
    MqttRig rig;
    rig.connect();
    for (const int qos : {1, 2, 2}) rig.publish("t", std::to_string(qos), qos);
    rig.wire();
    rig.feed(wire::pubrec(3));
    rig.wire();
    rig.close();
    rig.take_events();
    rig.start();
    rig.open();
    rig.wire();
    rig.feed(wire::connack(false));
    EXPECT_EQ(rig.events, (Lines{"published 3 mqtt.session_lost", "connected new"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id4 t=1", "PUBLISH q2 id5 t=2"}));
    EXPECT_EQ(rig.client.pending(), 2U);
}

// MQTT 3.1.1: 3.1.2-6
TEST(MqttPublish, with_clean_session_in_flight_messages_are_new_each_time) {  // MQTT-3.1.2-6
    MqttRig rig;
    rig.options.clean_session = true;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    rig.publish("t", "x", 1);
    rig.wire();
    rig.close();
    rig.connect(false);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id2 t=x"});
    EXPECT_EQ(rig.client.statistics().resends, 0U);
}

TEST(MqttPublish, a_half_sent_qos_0_dies_with_its_transport) {
    for (std::size_t cut = 0; cut < 7; ++cut) {
        MqttRig rig;
        rig.connect();
        rig.publish("tt", "xx", 0);
        rig.publish("tt", "waits", 0);
        if (cut > 0) rig.client.output(), rig.send(cut);
        rig.close();
        EXPECT_EQ(rig.events, (Lines{"published 1 closed", "published 2 closed", "disconnected closed"}));
        rig.connect(true);
        EXPECT_TRUE(rig.wire().empty());
        EXPECT_EQ(rig.client.pending(), 0U);
    }
}

TEST(MqttPublish, a_half_sent_qos_1_goes_again) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 1);
    rig.send(3);
    rig.close();
    rig.connect(true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 dup t=x"});
}

// MQTT 3.1.1: 3.1.2-4, 4.1.0-1, 4.1.0-2
TEST(MqttPublish, the_session_outlives_stop) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "x", 1);
    rig.wire();
    rig.client.stop(rig.now);
    rig.drain();
    rig.close_as_wanted();
    EXPECT_EQ(rig.client.pending(), 1U);
    rig.connect(true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 dup t=x"});
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
}

TEST(MqttPublish, forget_session_cancels_everything) {
    MqttRig rig({.max_inflight_out = 3});
    rig.connect();
    for (const int qos : {2, 1, 2, 1, 0}) rig.publish("t", "x", qos);
    MqttRig::require(rig.client.subscribe("s", Qos::at_most_once).has_value() ? Status{} : fail(errors::full));
    while (rig.client.output().size() != 6) rig.send(rig.client.output().size());  // up to the QoS 0 one
    rig.feed(wire::pubrec(1));
    rig.send(2);  // half of the QoS 0 one
    rig.client.forget_session();
    EXPECT_EQ(rig.events, (Lines{"published 1 cancelled", "published 2 cancelled", "published 3 cancelled",
                                 "published 4 cancelled", "published 5 cancelled", "subscribed 6 cancelled"}));
    EXPECT_EQ(rig.client.pending(), 0U);
    rig.take_events();
    const auto lines = rig.wire();
    EXPECT_EQ(lines.back(), "PUBREL 1");
    EXPECT_EQ(lines[lines.size() - 2], "PUBLISH q0 t=x");
    EXPECT_TRUE(rig.events.empty());
    rig.feed(wire::puback(2) + wire::pubrec(3) + wire::pubcomp(1));
    EXPECT_FALSE(rig.client.wants_close());
    rig.close();
    rig.connect(true);
    EXPECT_TRUE(rig.wire().empty());
}

TEST(MqttPublish, forget_session_without_a_connection) {
    MqttRig rig;
    rig.publish("t", "x", 1);
    rig.client.forget_session();
    EXPECT_EQ(rig.events, Lines{"published 1 cancelled"});
    rig.client.forget_session();
    rig.connect();
    EXPECT_TRUE(rig.wire().empty());
}

// MQTT 3.1.1: 2.3.1-1, 2.3.1-2
// MQTT 5.0: 2.2.1-3
TEST(MqttPublish, identifiers_wrap_around_without_collision) {
    MqttRig rig({.max_inflight_out = 2});
    rig.connect();
    rig.publish("t", "stays", 1);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=stays"});
    unsigned expected = 2;
    for (int i = 0; i < 66'000; ++i) {
        rig.publish("t", "", 1);
        rig.drain();
        const auto packet = wire::take_packet(rig.stream);
        ASSERT_EQ(packet->id, expected);
        rig.feed(wire::puback(expected));
        expected = expected == 65'535 ? 2 : expected + 1;
        rig.events.clear();
    }
    EXPECT_EQ(rig.client.pending(), 1U);
}

TEST(MqttPublish, identifiers_start_where_the_random_number_says) {
    MqttRig rig;
    rig.client.start(rig.now, 0xABCD1234);
    rig.connect();
    rig.publish("t", "x", 1);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id" + std::to_string(0x1235) + " t=x"});
}

// MQTT 3.1.1: 3.8.1-1, 3.10.1-1
TEST(MqttSubscribe, granted_refused_and_unsubscribed) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(rig.client.subscribe("a/#", Qos::exactly_once));
    ASSERT_TRUE(rig.client.subscribe("b", Qos::at_least_once));
    ASSERT_TRUE(rig.client.unsubscribe("c/+"));
    EXPECT_EQ(rig.wire(), (Lines{"SUBSCRIBE id1 a/# q2", "SUBSCRIBE id2 b q1", "UNSUBSCRIBE id3 c/+"}));
    rig.feed(wire::unsuback(3) + wire::suback(2, 0x80) + wire::suback(1, 1));
    EXPECT_EQ(rig.events, (Lines{"subscribed 3 q0", "subscribed 2 mqtt.subscribe_refused", "subscribed 1 q1"}));
    EXPECT_EQ(rig.client.pending(), 0U);  // counts publishes
}

// MQTT 3.1.1: 3.8.3-1, 3.8.3-4, 3.10.3-1, 4.7.1-2, 4.7.1-3
// MQTT 5.0: 3.8.3-1, 3.10.3-1
TEST(MqttSubscribe, refuses_bad_filters_and_no_connection) {
    MqttRig rig;
    EXPECT_EQ(rig.client.subscribe("a", Qos::at_most_once).error(), errors::closed);
    EXPECT_EQ(rig.client.unsubscribe("a").error(), errors::closed);
    rig.connect();
    EXPECT_EQ(rig.client.subscribe("a/#/b", Qos::at_most_once).error(), errors::mqtt_bad_topic);
    EXPECT_EQ(rig.client.subscribe("", Qos::at_most_once).error(), errors::mqtt_bad_topic);
    EXPECT_EQ(rig.client.unsubscribe(std::string(129, 'a')).error(), errors::too_long);
    EXPECT_EQ(rig.client.subscribe("a", static_cast<Qos>(3)).error(), errors::invalid_argument);
    while (rig.client.subscribe("a", Qos::at_most_once)) {
    }
    EXPECT_EQ(rig.client.subscribe("a", Qos::at_most_once).error(), errors::full);
}

TEST(MqttSubscribe, a_lost_connection_ends_it) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(rig.client.subscribe("a", Qos::at_most_once));
    ASSERT_TRUE(rig.client.subscribe("b", Qos::at_most_once));
    rig.send(rig.client.output().size());
    rig.send(2);
    rig.close();
    EXPECT_EQ(rig.events, (Lines{"subscribed 1 closed", "subscribed 2 closed", "disconnected closed"}));
    rig.connect(true);
    EXPECT_TRUE(rig.wire().empty());
}

TEST(MqttSubscribe, an_answer_of_the_wrong_kind_is_unexpected) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(rig.client.subscribe("a", Qos::at_most_once));
    rig.wire();
    rig.feed(wire::unsuback(1));
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
}

}  // namespace
}  // namespace esb::mqtt
