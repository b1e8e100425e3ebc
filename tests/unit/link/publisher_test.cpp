// What becomes of a publish is told once to who asked, whatever others do meanwhile. Without a connection.
#include <gtest/gtest.h>

#include "esb/base/features.hpp"
#include "esb/link/publisher.hpp"
#include "support/net_rig.hpp"

#include <string>
#include <utility>

#if ESB_MQTT_OFFLINE

namespace esb::link {
namespace {

struct PublisherTest : testing::Test, mqtt::Handler {
    Status publish(std::string_view payload, const Function<void(Status)>& done) {
        PublishOptions options{.qos = mqtt::Qos::at_most_once, .done = done};
        options.waiting = mqtt::Waiting::drop_oldest;
        return publisher.publish({"t", Root::none}, as_bytes(payload), options);
    }
    void on_connected(bool) override {}
    void on_disconnected(const Error&, Instant) override {}
    void on_message(const mqtt::MessagePiece&) override {}
    void on_published(mqtt::Token token, Status outcome) override { publisher.on_published(token, outcome); }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    test::NetRig net;
    Limits limits;
    BrokerLink link{net.reactor, net.names, net.entropy, *this, limits};
    Publisher publisher{link, net.reactor, limits};
};

TEST_F(PublisherTest, authors_that_publish_again_while_room_is_made_take_nobodys_place) {
    struct Told {
        PublisherTest& test;
        int accepted = 0, told = 0;
        bool again = true;
        Status send(std::string_view payload) {
            auto* const self = this;
            auto sent = test.publish(payload, [self](Status) { self->take(); });
            if (sent) ++accepted;
            return sent;
        }
        void take() {
            ++told;
            if (std::exchange(again, false)) {
                for (int i = 0; i < 3; ++i) static_cast<void>(send(""));
            }
        }
    } told{*this};
    const std::string payload(100, 'x');
    for (int i = 0; i < 19; ++i) EXPECT_TRUE(told.send(payload));
    while (link.client().publish({.topic = "t", .payload = {}, .qos = mqtt::Qos::at_least_once})) {}
    EXPECT_TRUE(told.send("xx"));  // as long as those: the oldest has to go
    EXPECT_GT(told.told, 0);
    told.again = false;
    link.client().forget_session();
    EXPECT_EQ(told.told, told.accepted);
}

TEST_F(PublisherTest, what_is_refused_is_not_told_and_leaves_its_place) {
    int told = 0;
    auto* const count = &told;
    const Topic wrong{"a/+", Root::none};
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(publisher.publish(wrong, {}, {.done = [count](Status) { ++*count; }}).error(), errors::mqtt_bad_topic);
    }
    EXPECT_TRUE(publish("x", [count](Status) { ++*count; }));
    link.client().forget_session();
    EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace esb::link

#endif
