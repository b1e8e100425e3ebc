// MQTT 5.0: messages and subscriptions on their way out: reason codes, quota, properties, the other version's form.
#include <gtest/gtest.h>

#include "esb/mqtt/properties.hpp"
#include "support/mqtt_rig5.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using esb::test::MqttRig5;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;

// MQTT 5.0: 4.3.1-1, 4.3.2-1, 4.3.2-2, 4.3.3-1, 4.3.3-2, 2.2.1-2, 2.2.1-3, 2.2.2-1, 3.3.1-2
TEST(MqttPublish5, every_qos_goes_with_a_property_length) {
    MqttRig5 rig;
    rig.connect();
    for (const int qos : {0, 1, 2}) rig.publish("t", "x", qos);
    rig.drain();
    EXPECT_EQ(rig.stream, wire::hex("30 05 000174 00 78 32 07 000174 0001 00 78 34 07 000174 0002 00 78"));
}

// MQTT 5.0: 4.3.2-3, 4.3.3-3, 4.3.3-4, 4.3.3-5, 2.2.1-5, 3.6.2-1
TEST(MqttPublish5, acknowledgements_with_and_without_codes_complete) {
    MqttRig5 rig;
    rig.connect();
    for (const int qos : {1, 1, 2}) rig.publish("t", "x", qos);
    rig.wire();
    rig.feed(wire::puback(1));
    rig.feed(wire5::ack(0x40, 2, 0x10, wire5::text(0x1F, "nobody listens")));
    rig.feed(wire::hex("50 03 0003 10"));
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 3"});
    rig.feed(wire5::ack(0x70, 3, 0));
    EXPECT_EQ(rig.events, (Lines{"published 1 ok", "published 2 ok", "published 3 ok"}));
}

// MQTT 5.0: 4.4.0-2, 3.4.2-1
TEST(MqttPublish5, a_refused_publish_is_over_and_has_its_reason) {
    const std::pair<unsigned, const char*> table[] = {
        {0x80, "mqtt.unspecified"}, {0x83, "mqtt.own"},   {0x87, "mqtt.refused.not_authorized"}, {0x90, "mqtt.topic"},
        {0x91, "mqtt.id_in_use"},   {0x97, "mqtt.quota"}, {0x99, "mqtt.payload"}};
    for (const auto& [code, name] : table) {
        MqttRig5 rig;
        rig.connect();
        rig.publish("t", "1", 1);
        rig.publish("t", "2", 2);
        rig.wire();
        rig.feed(wire5::ack(0x40, 1, code) + wire5::ack(0x50, 2, code, wire5::user("k", "v")));
        EXPECT_EQ(rig.take_events(), (Lines{std::string("published 1 ") + name, std::string("published 2 ") + name}));
        EXPECT_TRUE(rig.wire().empty()) << "no PUBREL";
        EXPECT_EQ(rig.client.pending(), 0U);
        rig.close();
        rig.connect({}, true);
        EXPECT_TRUE(rig.wire().empty()) << "and not again";
    }
}

TEST(MqttPublish5, a_refusal_after_pubrec_ends_the_exchange) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "x", 2);
    rig.wire();
    rig.feed(wire::pubrec(1) + wire5::ack(0x50, 1, 0x97));
    EXPECT_EQ(rig.events, Lines{"published 1 mqtt.quota"});
    rig.publish("t", "y", 2);
    rig.wire();
    rig.feed(wire5::ack(0x40, 2, 0x80));  // PUBACK, which it cannot get
    EXPECT_EQ(rig.end(), "82 mqtt.unexpected");
}

// MQTT 5.0: 3.9.3-2, 3.11.3-2, 3.4.2-1, 3.5.2-1, 3.6.2-1, 3.7.2-1, 3.14.2-1
TEST(MqttPublish5, codes_that_have_no_place_there_are_malformed) {
    const wire::Bytes packets[] = {
        wire5::ack(0x40, 1, 0x93),     wire5::ack(0x40, 1, 0x11), wire5::ack(0x50, 1, 0x92),
        wire5::ack(0x62, 1, 0x80),     wire5::ack(0x70, 1, 0x10), wire5::ack(0x40, 1, 0xFF),
        wire5::suback(1, 0x03),        wire5::suback(1, 0x90),    wire5::unsuback(1, 0x01),
        wire5::unsuback(1, 0x97),      wire5::disconnect(0x04),   wire5::disconnect(0x87 - 0x03),
        wire5::disconnect(0x9E + 0x10)};
    for (const auto& packet : packets) {
        MqttRig5 rig;
        rig.connect();
        rig.feed(packet);
        EXPECT_EQ(rig.end(), "81 mqtt.malformed") << wire5::hex(packet);
    }
}

// coreMQTT #271. MQTT 5.0: 3.6.2-1, 4.3.3-11, 3.7.2-1
TEST(MqttPublish5, identifiers_that_are_not_known_are_told_so_and_stall_nothing) {
    MqttRig5 rig;
    rig.connect();
    rig.feed(wire::pubrec(7) + wire::pubrel(8) + wire::puback(9) + wire::pubcomp(9));
    EXPECT_EQ(rig.wire(), (Lines{"PUBREL 7 92", "PUBCOMP 8 92"}));
    EXPECT_EQ(rig.end(), "open");
}

TEST(MqttPublish5, a_pubcomp_that_knows_no_identifier_is_an_end_only_after_a_resume) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "x", 2);
    rig.publish("t", "y", 2);
    rig.wire();
    rig.feed(wire::pubrec(1) + wire::pubrec(2));
    rig.feed(wire5::ack(0x70, 1, 0x92));
    EXPECT_EQ(rig.take_events(), Lines{"published 1 mqtt.id_unknown"});
    rig.close();
    rig.connect({}, true);
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 2"});
    rig.feed(wire5::ack(0x70, 2, 0x92));
    EXPECT_EQ(rig.events, Lines{"published 2 ok"});
}

// The smallest packet that a broker may limit us to. MQTT 5.0: 3.4.2-1, 3.4.2-2, 3.4.2-3, 3.5.2-1, 3.5.2-2, 3.5.2-3
// MQTT 5.0: 3.6.2-2, 3.6.2-3, 3.7.2-2, 3.7.2-3, 3.14.2-3, 3.14.2-4, 3.2.2-15, 4.3.3-9
TEST(MqttPublish5, answers_have_no_properties_and_no_errors_of_ours_and_fit_any_broker) {
    MqttRig5 rig;
    rig.connect(wire5::four(0x27, 6));
    rig.feed(wire5::publish("t", "x", 1, 1) + wire5::publish("t", "x", 2, 2) + wire::pubrel(2) + wire::pubrel(3) +
             wire::pubrec(4) + wire5::publish("t", std::string(500'000, 'x'), 1, 5));
    rig.drain();
    EXPECT_EQ(rig.stream, wire::hex("40 02 0001 50 02 0002 70 02 0002 70 03 0003 92 62 03 0004 92 e0 01 95"));
}

// MQTT 5.0: 3.3.1-3
TEST(MqttPublish5, what_came_as_a_duplicate_is_passed_on_as_none) {
    MqttRig5 rig;
    rig.connect();
    rig.when_message = [&rig](const MessagePiece& piece) {
        EXPECT_TRUE(piece.duplicate);
        EXPECT_TRUE(rig.client.publish({"copy", piece.bytes, piece.qos, piece.retain, piece.properties.bytes()}));
    };
    rig.feed(wire5::publish("t", "x", 1, 9, wire5::user("k", "v"), true));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 9", "PUBLISH q1 id1 copy=x {2600016b000176}"}));
}

// MQTT 5.0: 3.3.4-7, 3.3.4-8, 4.9.0-1, 4.9.0-2, 4.9.0-3
TEST(MqttPublish5, the_brokers_receive_maximum_is_our_window) {
    MqttRig5 rig;
    rig.connect(wire5::two(0x21, 2));
    for (const auto* text : {"a", "b", "c", "d", "e"}) rig.publish("t", text, 1);
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=a", "PUBLISH q1 id2 t=b"}));
    rig.publish("t", "now", 0);
    EXPECT_TRUE(rig.client.subscribe("s", Qos::at_most_once));
    rig.feed(wire5::publish("t", "in", 2, 1) + wire::pubrel(1));
    rig.advance(60s);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 1", "PUBCOMP 1", "PINGREQ", "PUBLISH q0 t=now", "SUBSCRIBE id3 s o0"}));
    rig.feed(wire5::ack(0x40, 1, 0x97));  // a refusal gives its place back too
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id4 t=c"});
    rig.feed(wire::puback(2) + wire::puback(4));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id5 t=d", "PUBLISH q1 id6 t=e"}));
}

TEST(MqttPublish5, a_larger_receive_maximum_does_not_widen_our_window) {
    MqttRig5 rig({.max_inflight_out = 3});
    rig.connect(wire5::two(0x21, 65'535));
    for (int i = 0; i < 5; ++i) rig.publish("t", "x", 1);
    EXPECT_EQ(rig.wire().size(), 3U);
}

// MQTT 5.0: 4.4.0-1, 4.6.0-1, 4.6.0-4, 3.3.1-1, 4.9.0-2
TEST(MqttPublish5, a_resume_keeps_the_order_and_the_new_quota) {
    MqttRig5 rig;
    rig.connect();
    for (const int qos : {1, 2, 1, 2}) rig.publish("t", "x", qos);
    rig.wire();
    rig.feed(wire::pubrec(2));
    rig.wire();
    rig.close();
    rig.publish("t", "new", 1);
    rig.connect(wire5::two(0x21, 2), true);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREL 2", "PUBLISH q1 id1 dup t=x"}));
    rig.feed(wire::pubcomp(2));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id3 dup t=x"});
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q2 id4 dup t=x"});
    rig.feed(wire::puback(3));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id5 t=new"});
}

// MQTT 5.0: 4.3.3-6, 4.3.3-7
TEST(MqttPublish5, after_pubrel_no_publish_follows_whatever_its_expiry) {
    MqttRig5 rig;
    rig.connect();
    const auto expiry = wire5::four(2, 1);
    rig.publish5("t", "x", 2, expiry);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q2 id1 t=x {0200000001}"});
    rig.close();
    rig.now += 1h;
    rig.connect({}, true);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q2 id1 dup t=x {0200000001}"});  // it was sent: its expiry counts no more
    rig.feed(wire::pubrec(1));
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 1"});
    rig.close();
    rig.connect({}, true);
    EXPECT_EQ(rig.wire(), Lines{"PUBREL 1"});
}

// MQTT 5.0: 3.3.2-13, 3.3.2-14, 3.3.2-19, 3.3.2-8, 3.3.2-9, 3.3.4-6, 3.2.2-17, 3.2.2-18
TEST(MqttPublish5, authors_give_properties_and_no_others) {
    MqttRig5 rig;
    rig.connect(wire5::two(0x22, 10));  // the broker would take topic aliases
    std::array<std::uint8_t, 128> memory{};
    const auto all = PropertyWriter(memory)
                         .number(Property::payload_format, 1)
                         .number(Property::message_expiry, 60)
                         .text(Property::content_type, "json")
                         .text(Property::response_topic, "re/ply")
                         .data(Property::correlation_data, as_bytes("c1"))
                         .user("k", "1")
                         .user("k", "2")
                         .written();
    rig.publish5("t", "x", 1, all);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=x {01010200000"
                                "03c0300046a736f6e0800067265"
                                "2f706c790900026331"
                                "2600016b0001312600016b000132}"});
    const wire::Bytes refused[] = {wire5::two(0x23, 1),
                                   wire::hex("0b 01"),
                                   wire5::text(8, "a/+"),
                                   wire5::text(8, "\xFF"),
                                   wire5::text(3, "\xFF"),
                                   wire5::flag(1, 2),
                                   wire5::four(2, 1) + wire5::four(2, 1),
                                   wire5::four(0x18, 1),
                                   wire5::text(0x1F, "why"),
                                   wire::hex("02 0000"),
                                   wire::hex("2b")};
    for (const auto& one : refused) {
        EXPECT_EQ(rig.refusal({"t", {}, Qos::at_most_once, false, one}), "invalid_argument") << wire5::hex(one);
    }
    const wire::Bytes huge = wire5::text(3, std::string(16'400, 'x'));
    EXPECT_EQ(rig.refusal({"t", {}, Qos::at_most_once, false, huge}), "mqtt.packet_size");
}

// MQTT 5.0: 3.8.1-1, 3.8.3-2, 3.8.3-5, 3.10.1-1, 3.10.3-2, 2.2.1-6, 2.1.3-1
TEST(MqttPublish5, subscriptions_have_their_answers) {
    MqttRig5 rig;
    rig.connect();
    EXPECT_TRUE(rig.client.subscribe("a/+", Qos::exactly_once));
    EXPECT_TRUE(rig.client.subscribe("b", Qos::at_least_once));
    EXPECT_TRUE(rig.client.unsubscribe("a/+"));
    EXPECT_TRUE(rig.client.unsubscribe("c"));
    EXPECT_TRUE(rig.client.unsubscribe("d"));
    rig.drain();
    EXPECT_EQ(rig.stream[0], 0x82);
    EXPECT_EQ(rig.wire(), (Lines{"SUBSCRIBE id1 a/+ o2", "SUBSCRIBE id2 b o1", "UNSUBSCRIBE id3 a/+",
                                 "UNSUBSCRIBE id4 c", "UNSUBSCRIBE id5 d"}));
    rig.feed(wire5::suback(1, 1) + wire5::suback(2, 0x87, wire5::text(0x1F, "no")) + wire5::unsuback(3, 0) +
             wire5::unsuback(4, 0x11) + wire5::unsuback(5, 0x91));
    EXPECT_EQ(rig.events, (Lines{"subscribed 1 q1", "subscribed 2 mqtt.refused.not_authorized", "subscribed 3 q0",
                                 "subscribed 4 q0", "subscribed 5 mqtt.id_in_use"}));
}

TEST(MqttPublish5, what_waited_goes_in_the_form_of_the_version_that_came) {
    const auto properties = wire5::user("key", std::string(130, 'v'));
    for (const int size : {0, 1, 100, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200}) {
        const std::string payload(static_cast<std::size_t>(size), 'x');
        MqttRig5 rig({}, Version::v5_then_v3);
        rig.publish5("topic", payload, 1, properties);
        rig.publish("topic", payload, 2);
        rig.reach();
        rig.feed(wire::connack(false, 1));
        rig.close_as_wanted();
        rig.open();
        rig.drain();
        rig.stream.clear();
        rig.feed(wire::connack());
        EXPECT_EQ(rig.MqttRig::wire(), (Lines{"PUBLISH q1 id1 topic=" + payload, "PUBLISH q2 id2 topic=" + payload}));
        rig.close();
        rig.options.version = Version::v5;
        rig.configure();
        rig.connect({}, true);
        EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 dup topic=" + payload, "PUBLISH q2 id2 dup topic=" + payload}));
        rig.close();
        rig.options.version = Version::v3_1_1;
        rig.configure();
        rig.MqttRig::connect(true);
        EXPECT_EQ(rig.MqttRig::wire(),
                  (Lines{"PUBLISH q1 id1 dup topic=" + payload, "PUBLISH q2 id2 dup topic=" + payload}));
        rig.publish("topic", payload, 1);  // made for 3.1.1, goes with 5.0
        rig.close();
        rig.options.version = Version::v5;
        rig.configure();
        rig.connect({}, true);
        EXPECT_EQ(rig.wire().back(), "PUBLISH q1 id3 topic=" + payload);
    }
}

#if ESB_MQTT_OFFLINE
TEST(MqttPublish5, a_handler_may_configure_the_other_version_while_room_is_made) {
    for (const bool to_five : {true, false}) {
        MqttRig5 rig({}, to_five ? Version::v3_1_1 : Version::v5);
        Publish latest{.topic = "t", .payload = as_bytes("old"), .qos = Qos::at_least_once};
        latest.waiting = Waiting::latest;
        EXPECT_TRUE(rig.client.publish(latest));
        rig.when_published = [&](Token, const Status&) {
            rig.options.version = to_five ? Version::v5 : Version::v3_1_1;
            rig.configure();
        };
        const auto properties = wire5::user("name", std::string(40, 'v'));
        latest.payload = as_bytes("new");
        latest.properties = properties;
        EXPECT_TRUE(rig.client.publish(latest));
        rig.publish("u", "behind it", 1);
        rig.when_published = nullptr;
        rig.options.version = Version::v5;
        rig.configure();
        rig.connect();
        const std::string with = to_five ? "" : " {" + wire5::hex(properties) + "}";
        EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=new" + with, "PUBLISH q1 id2 u=behind it"}));
    }
}
#endif

TEST(MqttPublish5, with_311_properties_stay_behind) {
    MqttRig5 rig({}, Version::v3_1_1);
    rig.MqttRig::connect();
    const auto properties = wire5::user("k", "v");
    rig.publish5("t", "x", 0, properties);
    EXPECT_EQ(rig.MqttRig::wire(), Lines{"PUBLISH q0 t=x"});
}

TEST(MqttPublish5, partial_sends_at_every_byte_give_the_same_stream) {
    const auto run = [](std::size_t chunk) {
        MqttRig5 rig;
        const auto properties = wire5::user("k", "v");
        rig.publish5("t", "early", 1, properties);
        rig.connect();
        rig.publish5("t", "zero", 0, properties);
        rig.feed(wire5::publish("t", "in", 2, 5));
        rig.publish("t", "two", 2);
        rig.drain(chunk);
        rig.feed(wire::pubrec(2) + wire::pubrel(5) + wire::pubrel(6));
        rig.drain(chunk);
        rig.client.stop_with_will(rig.now);
        rig.drain(chunk);
        return rig.stream;
    };
    const auto whole = run(1'000'000);
    for (std::size_t chunk = 1; chunk < 20; ++chunk) EXPECT_EQ(run(chunk), whole) << chunk;
}

}  // namespace
}  // namespace esb::mqtt
