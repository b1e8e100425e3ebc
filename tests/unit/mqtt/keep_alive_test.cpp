// Keep-alive, section 3.1.2.10.
#include <gtest/gtest.h>

#include "support/mqtt_rig.hpp"

namespace esb::mqtt {
namespace {

using test::MqttRig;
using Lines = MqttRig::Lines;
namespace wire = test::wire;

TEST(MqttKeepAlive, PingsBeforeTheIntervalEnds) {  // MQTT-3.1.2-23
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

TEST(MqttKeepAlive, CountsFromTheLastPacketSentNotReceived) {
    MqttRig rig;
    rig.connect();
    rig.advance(30s);
    rig.publish("t", "x", 0);
    rig.drain();
    const Instant last = rig.now;
    rig.advance(20s);
    rig.feed(wire::publish("t", "x"));
    EXPECT_EQ(rig.client.next_deadline(), last + 58s);
}

TEST(MqttKeepAlive, DoesNotDriftWithLateTicks) {
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

TEST(MqttKeepAlive, ShortIntervalsKeepAQuarterInHand) {
    MqttRig rig;
    rig.options.keep_alive_s = 1;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 750ms);
}

TEST(MqttKeepAlive, NoAnswerIsSilence) {
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

TEST(MqttKeepAlive, BytesOfALongMessageProlongTheWait) {
    MqttRig rig;
    rig.connect();
    rig.advance(58s);
    rig.wire();
    const auto message = wire::publish("t", std::string(10, 'x'));
    for (const auto byte : message) {
        rig.advance(19s);
        rig.feed({byte});
        ASSERT_FALSE(rig.client.wants_close());
        for (const auto& line : rig.wire()) EXPECT_EQ(line, "PINGREQ");  // the broker's own clock runs, too
    }
    rig.feed(wire::pingresp());
    EXPECT_FALSE(rig.client.wants_close());
}

TEST(MqttKeepAlive, ABlockedTransportIsSilenceToo) {
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

TEST(MqttKeepAlive, PingWaitsForThePacketBeingSent) {
    MqttRig rig;
    rig.connect();
    rig.publish("t", std::string(100, 'x'), 0);
    rig.send(10);
    rig.advance(58s);
    for (int i = 0; i < 5; ++i) {
        rig.advance(19s);
        rig.send(2);  // slow, but alive
    }
    EXPECT_FALSE(rig.client.wants_close());
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q0 t=" + std::string(100, 'x'), "PINGREQ"}));
}

TEST(MqttKeepAlive, ZeroTurnsItOff) {
    MqttRig rig;
    rig.options.keep_alive_s = 0;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    EXPECT_FALSE(rig.client.next_deadline());
    rig.advance(24h * 30);
    EXPECT_TRUE(rig.wire().empty());
    EXPECT_FALSE(rig.client.wants_close());
}

TEST(MqttKeepAlive, AnUnaskedPingrespIsHarmless) {
    MqttRig rig;
    rig.connect();
    rig.feed(wire::pingresp());
    EXPECT_FALSE(rig.client.wants_close());
}

}  // namespace
}  // namespace esb::mqtt
