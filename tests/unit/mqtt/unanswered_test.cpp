// What a broker had got and not answered when it ended the connection.
#include "tests/support/mqtt_rig.hpp"
#if ESB_MQTT5
#include "tests/support/mqtt_rig5.hpp"
#endif

#include <gtest/gtest.h>

namespace {

using namespace esb;
using esb::test::MqttRig;
namespace wire = esb::test::wire;

struct Unanswered : testing::Test {
    MqttRig rig;
    std::string at_close() {
        rig.unanswered.clear();
        rig.close();
        return rig.unanswered;
    }
};

TEST_F(Unanswered, is_the_first_publish_without_its_acknowledgement) {
    rig.connect();
    rig.publish("a", "1", 1);
    rig.publish("b", "2", 2);
    rig.publish("c", "3", 0);
    rig.drain();
    rig.feed(wire::puback(1));
    EXPECT_EQ(at_close(), "b");
}

TEST_F(Unanswered, may_be_a_subscription) {
    rig.connect();
    ASSERT_TRUE(rig.client.subscribe("rooms/+/lamp", mqtt::Qos::at_least_once));
    rig.publish("a", "1", 1);
    rig.drain();
    EXPECT_EQ(at_close(), "rooms/+/lamp");
}

TEST_F(Unanswered, is_nothing_when_all_was_answered_or_nothing_went_out) {
    rig.connect();
    EXPECT_EQ(at_close(), "");
    rig.connect();
    rig.publish("a", "1", 1);
    rig.drain();
    rig.feed(wire::puback(1));
    rig.publish("b", "2", 1);  // queued
    EXPECT_EQ(at_close(), "");
}

TEST_F(Unanswered, is_nothing_when_the_broker_never_accepted_us) {
    rig.connect();
    rig.publish("a", "1", 1);
    rig.drain();
    EXPECT_EQ(at_close(), "a");
    rig.advance(std::chrono::minutes(3));
    rig.open();
    rig.drain();
    EXPECT_EQ(at_close(), "");
}

#if ESB_MQTT5
TEST(Unanswered5, is_told_in_5_0_too) {
    esb::test::MqttRig5 rig;
    rig.connect();
    ASSERT_TRUE(rig.client.subscribe("rooms/+/lamp", mqtt::Qos::at_least_once));
    rig.publish("a", "1", 1);
    rig.drain();
    rig.close();
    EXPECT_EQ(rig.unanswered, "rooms/+/lamp");
}
#endif

}  // namespace
