// Publishes whose payload lies with the author (Publish::borrowed): what goes, from where, and until when it is needed.
#include <gtest/gtest.h>

#include "esb/base/features.hpp"
#include "esb/mqtt/codec.hpp"
#include "esb/mqtt/properties.hpp"
#include "support/mqtt_rig5.hpp"

#if ESB_MQTT_BORROW

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using esb::test::MqttRig5;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;

Result<Token> lend(MqttRig& rig, std::string_view text, unsigned qos) {
    return rig.client.publish(
        {.topic = "t", .payload = as_bytes(text), .qos = static_cast<Qos>(qos), .borrowed = true});
}

// Sends what lies together.
ConstBytes send_piece(MqttRig& rig) {
    const auto bytes = rig.client.output();
    rig.send(bytes.size());
    return bytes;
}

TEST(MqttBorrow, a_borrowed_payload_is_sent_from_where_it_lies) {
    for (const unsigned qos : {0U, 1U, 2U}) {
        MqttRig rig;
        rig.connect();
        const std::string text = "twelve bytes";
        ASSERT_TRUE(lend(rig, text, qos));
        EXPECT_EQ(send_piece(rig).size(), 2 + 3 + (qos > 0 ? 2U : 0U));
        const auto payload = send_piece(rig);
        EXPECT_EQ(payload.data(), as_bytes(text).data());
        EXPECT_EQ(payload.size(), text.size());
        EXPECT_EQ(rig.wire(), Lines{"PUBLISH q" + std::to_string(qos) + (qos > 0 ? " id1" : "") + " t=" + text});
    }
}

TEST(MqttBorrow, it_completes_like_any_other) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(lend(rig, "zero", 0));
    ASSERT_TRUE(lend(rig, "one", 1));
    ASSERT_TRUE(lend(rig, "two", 2));
    rig.drain(1);
    EXPECT_EQ(rig.take_events(), Lines{"published 1 ok"});
    rig.feed(wire::puback(1));
    rig.feed(wire::pubrec(2));
    EXPECT_EQ(rig.take_events(), Lines{"published 2 ok"});
    rig.feed(wire::pubcomp(2));
    EXPECT_EQ(rig.take_events(), Lines{"published 3 ok"});
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q0 t=zero", "PUBLISH q1 id1 t=one", "PUBLISH q2 id2 t=two", "PUBREL 2"}));
}

TEST(MqttBorrow, the_payload_takes_no_room_in_the_outbox) {
    MqttRig rig({}, 200);
    rig.connect();
    const std::string large(100'000, 'x');
    EXPECT_EQ(rig.client.publish({"t", as_bytes(large)}).error(), errors::too_long);
    for (unsigned i = 0; i < 3; ++i) ASSERT_TRUE(lend(rig, large, 1));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=" + large, "PUBLISH q1 id2 t=" + large, "PUBLISH q1 id3 t=" + large}));
}

TEST(MqttBorrow, an_empty_payload_can_be_borrowed) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(lend(rig, {}, 0));
    EXPECT_TRUE(rig.client.output_behind().empty());
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q0 t="});
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
}

TEST(MqttBorrow, what_is_longer_than_a_packet_can_be_is_refused) {
    MqttRig rig;
    rig.connect();
    const std::uint8_t byte = 0;  // nothing of it is read
    // With a topic of one byte, and what the form of 5.0 may need.
    const ConstBytes longest{&byte, max_remaining_length - 8 - (with_mqtt5 ? spare_front : 0)};
    Publish publish{.topic = "t", .payload = longest, .borrowed = true};
    publish.payload = {&byte, longest.size() + 1};
    EXPECT_EQ(rig.client.publish(publish).error(), errors::too_long);
    EXPECT_EQ(rig.client.pending(), 0U);
    publish.payload = longest;
    EXPECT_TRUE(rig.client.publish(publish));
}

TEST(MqttBorrow, a_transport_that_gathers_gets_both_pieces_at_once) {
    MqttRig rig;
    rig.connect();
    const std::string text = "payload";
    EXPECT_TRUE(rig.client.output_behind().empty());
    ASSERT_TRUE(lend(rig, text, 0));
    ASSERT_TRUE(lend(rig, text, 0));
    for (const std::size_t first : {2U, 9U}) {  // bytes that go at first: of the head, of the payload, too
        const std::size_t head = rig.client.output().size();
        EXPECT_EQ(as_text(rig.client.output_behind()), text);
        rig.client.sent(first, rig.now);
        EXPECT_EQ(rig.client.output().size(), first < head ? head - first : head + text.size() - first);
        EXPECT_EQ(as_text(rig.client.output_behind()), first < head ? text : "");
        rig.client.sent(head + text.size() - first, rig.now);
    }
    EXPECT_TRUE(rig.client.output().empty());
    EXPECT_TRUE(rig.client.output_behind().empty());
    EXPECT_EQ(rig.events, (Lines{"published 1 ok", "published 2 ok"}));
}

TEST(MqttBorrow, nothing_lies_behind_a_packet_of_another_kind) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", "copied", 0);
    EXPECT_FALSE(rig.client.output().empty());
    EXPECT_TRUE(rig.client.output_behind().empty());
}

TEST(MqttBorrow, on_a_resumed_session_it_goes_again_from_where_it_lies) {
    MqttRig rig;
    rig.connect();
    const std::string text = "again";
    ASSERT_TRUE(lend(rig, text, 1));
    send_piece(rig);
    rig.send(2);
    rig.close();
    rig.connect(true);
    send_piece(rig);
    EXPECT_EQ(send_piece(rig).data(), as_bytes(text).data());
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 dup t=again"});
    rig.feed(wire::puback(1));
    EXPECT_EQ(rig.events, Lines{"published 1 ok"});
}

TEST(MqttBorrow, qos_0_is_given_back_when_the_connection_breaks) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(lend(rig, "payload", 0));
    send_piece(rig);
    rig.close();
    EXPECT_EQ(rig.events.front(), "published 1 closed");
    rig.connect();
    EXPECT_TRUE(rig.wire().empty());
}

TEST(MqttBorrow, a_session_forgotten_in_the_middle_of_it_ends_the_connection) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(lend(rig, "payload", 1));
    send_piece(rig);
    rig.when_published = [&](Token, const Status&) {  // from here on the payload may be gone
        EXPECT_TRUE(rig.client.output().empty());
        EXPECT_TRUE(rig.client.output_behind().empty());
    };
    rig.client.forget_session();
    EXPECT_EQ(rig.events, Lines{"published 1 cancelled"});
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::cancelled);
    rig.close_as_wanted();
    rig.connect();
    EXPECT_TRUE(rig.wire().empty());
}

TEST(MqttBorrow, a_session_forgotten_before_it_goes_leaves_the_connection) {
    MqttRig rig;
    rig.connect();
    ASSERT_TRUE(lend(rig, "payload", 1));
    rig.client.forget_session();
    EXPECT_EQ(rig.events, Lines{"published 1 cancelled"});
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_TRUE(rig.wire().empty());
}

#if ESB_MQTT_KEEP
TEST(MqttBorrow, what_is_kept_over_restarts_cannot_be_borrowed) {
    MqttRig rig;
    rig.connect();
    EXPECT_EQ(rig.client.publish({.topic = "t", .payload = {}, .qos = Qos::at_least_once, .keep = true, .borrowed = true}).error(),
              errors::invalid_argument);
}
#endif

#if ESB_MQTT_OFFLINE
TEST(MqttBorrow, what_waits_is_given_back_when_another_takes_its_place) {
    MqttRig rig;
    const Publish latest{
        .topic = "t", .payload = as_bytes("older"), .waiting = Waiting::latest, .borrowed = true};
    ASSERT_TRUE(rig.client.publish(latest));
    Publish newer = latest;
    newer.payload = as_bytes("newer");
    ASSERT_TRUE(rig.client.publish(newer));
    EXPECT_EQ(rig.take_events(), Lines{"published 1 mqtt.replaced"});
    rig.connect();
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q0 t=newer"});
}
#endif

#if ESB_MQTT5
TEST(MqttBorrow, properties_go_before_it) {
    MqttRig5 rig;
    rig.connect();
    std::uint8_t store[16];
    PropertyWriter writer(store);
    writer.number(Property::message_expiry, 60);
    ASSERT_TRUE(rig.client.publish({.topic = "t",
                                    .payload = as_bytes("payload"),
                                    .qos = Qos::at_least_once,
                                    .properties = writer.written(),
                                    .borrowed = true}));
    rig.drain();
    MqttRig5 copied;
    copied.connect();
    ASSERT_TRUE(copied.client.publish(
        {.topic = "t", .payload = as_bytes("payload"), .qos = Qos::at_least_once, .properties = writer.written()}));
    copied.drain();
    EXPECT_EQ(rig.stream, copied.stream);
}

TEST(MqttBorrow, it_is_put_into_the_form_of_the_connection_like_any_other) {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        MqttRig5 rig({}, version == Version::v5 ? Version::v3_1_1 : Version::v5);
        ASSERT_TRUE(lend(rig, "payload", 1));
        rig.options.version = version;
        rig.configure();
        rig.start();
        rig.open();
        rig.drain();
        rig.stream.clear();
        rig.feed(version == Version::v5 ? esb::test::wire5::connack(false, 0, {}) : wire::connack(false));
        rig.drain();
        MqttRig5 copied({}, version);
        copied.start();
        copied.open();
        copied.drain();
        copied.stream.clear();
        copied.feed(version == Version::v5 ? esb::test::wire5::connack(false, 0, {}) : wire::connack(false));
        copied.publish("t", "payload", 1);
        copied.drain();
        EXPECT_EQ(rig.stream, copied.stream);
    }
}

TEST(MqttBorrow, a_broker_s_limit_counts_the_payload) {
    MqttRig5 rig;
    const std::string text(100, 'x');
    ASSERT_TRUE(lend(rig, text, 1));
    ASSERT_TRUE(lend(rig, "short", 1));
    rig.reach();
    rig.feed(esb::test::wire5::connack(false, 0, {0x27, 0, 0, 0, 50}));  // maximum packet size
    EXPECT_EQ(rig.events.front(), "published 1 mqtt.packet_size");
    rig.drain();
    EXPECT_EQ(rig.client.pending(), 1U);
    EXPECT_FALSE(lend(rig, text, 1));
}
#endif

}  // namespace
}  // namespace esb::mqtt

#endif
