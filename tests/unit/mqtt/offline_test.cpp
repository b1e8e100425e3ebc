// Publishes that wait by a policy of their own (Waiting): what waits for a connection, what makes room, what is counted.
#include <gtest/gtest.h>

#include "esb/base/features.hpp"
#include "support/mqtt_rig.hpp"

#if ESB_MQTT_OFFLINE

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using Lines = MqttRig::Lines;

constexpr std::size_t small_outbox = 200;  // three messages of 40 bytes

Result<Token> publish(MqttRig& rig, std::string_view topic, std::string_view text, unsigned qos, Waiting waiting) {
    return rig.client.publish(
        {.topic = topic, .payload = as_bytes(text), .qos = static_cast<Qos>(qos), .waiting = waiting});
}

std::string text(char letter) { return std::string(40, letter); }

TEST(MqttOffline, qos_0_waits_for_a_connection_if_asked_to) {
    MqttRig rig;
    EXPECT_EQ(publish(rig, "t", "x", 0, Waiting::refuse).error(), errors::closed);
    EXPECT_TRUE(publish(rig, "t", "a", 0, Waiting::drop_oldest));
    EXPECT_TRUE(publish(rig, "t", "b", 0, Waiting::latest));
    EXPECT_EQ(rig.client.pending(), 2U);
    rig.connect();
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q0 t=a", "PUBLISH q0 t=b"}));
    EXPECT_EQ(rig.events, (Lines{"published 1 ok", "published 2 ok"}));
}

TEST(MqttOffline, qos_0_that_had_not_begun_to_go_outlives_the_connection) {
    MqttRig rig;
    rig.connect();
    publish(rig, "t", "a", 0, Waiting::drop_oldest);
    publish(rig, "t", "b", 0, Waiting::drop_oldest);
    publish(rig, "t", "c", 0, Waiting::refuse);
    EXPECT_FALSE(rig.client.output().empty());  // a has begun
    rig.send(1);
    rig.close();
    EXPECT_EQ(rig.events, (Lines{"published 1 closed", "published 3 closed", "disconnected closed"}));
    rig.events.clear();
    rig.connect();
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q0 t=b"});
    EXPECT_EQ(rig.events, Lines{"published 2 ok"});
}

TEST(MqttOffline, without_room_the_oldest_of_qos_0_go) {
    MqttRig rig({}, small_outbox);
    for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) {
        EXPECT_TRUE(publish(rig, "t", text(letter), 0, Waiting::drop_oldest)) << letter;
    }
    const auto dropped = rig.client.statistics().dropped_out;
    EXPECT_GT(dropped, 0U);
    EXPECT_EQ(rig.client.pending(), 8 - dropped);
    EXPECT_EQ(rig.events.front(), "published 1 mqtt.dropped");
    EXPECT_EQ(rig.events.size(), dropped);
    rig.connect();
    const auto sent = rig.wire();
    EXPECT_EQ(sent.size(), 8 - dropped);
    EXPECT_EQ(sent.back(), "PUBLISH q0 t=" + text('h'));
}

TEST(MqttOffline, what_the_session_has_promised_is_never_dropped) {
    MqttRig rig({}, small_outbox);
    unsigned promised = 0;
    while (publish(rig, "t", text('q'), 1, Waiting::refuse)) ++promised;
    EXPECT_EQ(publish(rig, "t", text('x'), 0, Waiting::drop_oldest).error(), errors::full);
    EXPECT_EQ(publish(rig, "t", text('x'), 1, Waiting::drop_oldest).error(), errors::full);
    EXPECT_EQ(rig.client.pending(), promised);
    EXPECT_EQ(rig.client.statistics().dropped_out, 0U);
}

TEST(MqttOffline, nothing_is_dropped_for_a_message_that_has_no_room_even_then) {
    MqttRig rig({}, small_outbox);
    EXPECT_TRUE(publish(rig, "t", text('q'), 1, Waiting::refuse));
    EXPECT_TRUE(publish(rig, "t", text('a'), 0, Waiting::drop_oldest));
    MqttRig empty({}, small_outbox);
    std::size_t largest = 1'000;
    while (!publish(empty, "t", std::string(largest, 'x'), 1, Waiting::refuse)) --largest;
    EXPECT_EQ(publish(rig, "t", std::string(largest, 'x'), 0, Waiting::drop_oldest).error(), errors::full);
    EXPECT_EQ(rig.client.pending(), 2U);
    EXPECT_TRUE(rig.events.empty());
}

TEST(MqttOffline, the_latest_message_of_a_topic_takes_the_place_of_the_one_before) {
    MqttRig rig;
    publish(rig, "temperature", "20", 1, Waiting::latest);
    publish(rig, "humidity", "50", 1, Waiting::latest);
    publish(rig, "temperature", "21", 1, Waiting::latest);
    publish(rig, "temperature/2", "22", 1, Waiting::latest);
    publish(rig, "temperature", "23", 1, Waiting::latest);
    EXPECT_EQ(rig.events, (Lines{"published 1 mqtt.replaced", "published 3 mqtt.replaced"}));
    EXPECT_EQ(rig.client.statistics().replaced_out, 2U);
    EXPECT_EQ(rig.client.pending(), 3U);
    rig.connect();
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 humidity=50", "PUBLISH q1 id2 temperature/2=22",
                                 "PUBLISH q1 id3 temperature=23"}));
}

TEST(MqttOffline, a_message_that_is_on_its_way_is_not_replaced) {
    MqttRig rig;
    rig.connect();
    publish(rig, "t", "1", 1, Waiting::latest);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=1"});
    publish(rig, "t", "2", 1, Waiting::latest);
    EXPECT_TRUE(rig.events.empty());
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id2 t=2"});
}

TEST(MqttOffline, the_older_message_stays_when_the_newer_one_has_no_room) {
    MqttRig rig({}, small_outbox);
    EXPECT_TRUE(publish(rig, "t", "1", 1, Waiting::latest));
    EXPECT_FALSE(publish(rig, "t", std::string(5'000, 'x'), 1, Waiting::latest));
    EXPECT_TRUE(rig.events.empty());
    EXPECT_EQ(rig.client.pending(), 1U);
}

TEST(MqttOffline, forgetting_the_session_forgets_what_waits) {
    MqttRig rig;
    publish(rig, "t", "a", 0, Waiting::drop_oldest);
    publish(rig, "t", "b", 0, Waiting::latest);
    rig.client.forget_session();
    EXPECT_EQ(rig.events, (Lines{"published 1 cancelled", "published 2 cancelled"}));
    EXPECT_EQ(rig.client.pending(), 0U);
}

// The handler publishes from within the completion of what it made room for.
TEST(MqttOffline, a_handler_may_publish_while_room_is_made) {
    MqttRig rig({}, small_outbox);
    unsigned again = 3;
    rig.when_published = [&](Token, const Status& outcome) {
        if (outcome || again == 0) return;
        --again;
        static_cast<void>(publish(rig, "t", text('n'), 0, Waiting::drop_oldest));
    };
    for (char letter = 'a'; letter < 'm'; ++letter) static_cast<void>(publish(rig, "t", text(letter), 0, Waiting::drop_oldest));
    EXPECT_GT(rig.client.statistics().dropped_out, 0U);
    rig.connect();
    rig.wire();
    EXPECT_EQ(rig.client.pending(), 0U);
}

}  // namespace
}  // namespace esb::mqtt

#endif
