// What the broker does with the subscriptions it is asked for. The engine of the link is driven by hand: the broker is the test.
#include <gtest/gtest.h>

#include "esb/base/features.hpp"
#include "esb/link/errors.hpp"
#include "esb/link/subscriptions.hpp"
#include "support/mqtt_wire5.hpp"
#include "support/net_rig.hpp"

#include <functional>
#include <string>
#include <vector>

namespace esb::link {
namespace {

using Lines = std::vector<std::string>;
namespace wire = test::wire;
namespace wire5 = test::wire5;

struct SubscriptionsTest : testing::Test, mqtt::Handler, SubscriptionListener {
    void SetUp() override { options.client_id = "d"; }
    void speak_five() {
#if ESB_MQTT5
        options.version = mqtt::Version::v5;
        options.session_known = true;
#else
        GTEST_SKIP();
#endif
    }
    void connect(const wire::Bytes& connack) {
        auto& client = link.client();
        ASSERT_TRUE(client.configure(options));
        client.start(now, 0);
        client.transport_opening();
        client.transport_opened(now);
        static_cast<void>(sent());
        receive(connack);
        subscriptions.connected(now);
    }
    void receive(const wire::Bytes& bytes) { link.client().receive(bytes, now); }
    // Identifiers and filters of the SUBSCRIBEs: "id1 b/ota".
    Lines sent() {
        auto& client = link.client();
        wire::Bytes stream;
        for (auto out = client.output(); !out.empty(); out = client.output()) {
            stream.insert(stream.end(), out.begin(), out.end());
            client.sent(out.size(), now);
        }
        Lines lines;
        while (auto packet = wire::take_packet(stream)) {
            if (packet->type != 8) continue;
            const bool five = client.speaks_five();
            wire::Bytes filter(packet->body.begin() + (five ? 5 : 4), packet->body.end() - 1);
            const auto id = std::to_string(packet->body[0] * 256 + packet->body[1]);
            lines.push_back("id" + id + " " + std::string(filter.begin(), filter.end()));
        }
        return lines;
    }
    void advance(Duration by) {
        now += by;
        link.client().tick(now);
        subscriptions.step(now);
    }
    void add(std::string_view filter) { ASSERT_TRUE(inbox.add(filter, mqtt::Qos::at_least_once, {})); }
    // Asked for again for as long as the connection lasts, and named once.
    void expect_asked_again(const std::function<wire::Bytes(unsigned)>& refusal) {
        for (unsigned id = 1; id <= 6; ++id) {
            EXPECT_EQ(sent(), Lines{"id" + std::to_string(id) + " b/ota"});
            receive(refusal(id));
            EXPECT_EQ(subscriptions.missing(), 1U);
            advance(std::chrono::minutes(10));  // the longest back-off
            receive(wire::pingresp());
        }
        EXPECT_EQ(sent(), Lines{"id7 b/ota"});
        EXPECT_EQ(missing.size(), 1U);
    }

    void on_connected(bool) override {}
    void on_disconnected(const Error&, Instant) override {}
    void on_message(const mqtt::MessagePiece&) override {}
    void on_published(mqtt::Token, Status) override {}
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override {
        subscriptions.answered(token, outcome, now);
    }
    void on_missing(std::string_view topic, const Error& why) override {
        missing.push_back(std::string(topic) + " " + std::string(why.name()));
    }
    void on_missing_changed() override {}

    test::NetRig net;
    Instant now{1000s};
    mqtt::ConnectOptions options;
    BrokerLink link{net.reactor, net.names, net.entropy, *this, {}};
    Inbox inbox{64};
    Subscriptions subscriptions{inbox, link, net.entropy, *this};
    Lines missing;
};

TEST_F(SubscriptionsTest, a_refusal_is_asked_for_again) {
    add("b/ota");
    connect(wire::connack());
    expect_asked_again([](unsigned id) { return wire::suback(id, 0x80); });
    EXPECT_EQ(missing, Lines{"b/ota mqtt.subscribe_refused"});
    receive(wire::suback(7, 1));
    EXPECT_EQ(subscriptions.missing(), 0U);
}

TEST_F(SubscriptionsTest, with_5_0_a_refusal_has_the_brokers_reason_and_is_asked_for_again_too) {
    speak_five();
    add("b/ota");
    connect(wire5::connack());
    expect_asked_again([](unsigned id) { return wire5::suback(id, 0x87); });
    EXPECT_EQ(missing, Lines{"b/ota mqtt.refused.not_authorized"});
    receive(wire5::suback(7, 1));
    EXPECT_EQ(subscriptions.missing(), 0U);
}

TEST_F(SubscriptionsTest, with_5_0_what_the_broker_does_not_take_lets_the_others_go) {
    speak_five();
    add("b/+/x");
    add("b/ota");
    connect(wire5::connack(false, 0, wire5::flag(0x28, 0)));  // no wildcards
    EXPECT_EQ(sent(), Lines{"id1 b/ota"});
    EXPECT_EQ(missing, Lines{"b/+/x mqtt.wildcards"});
    EXPECT_EQ(subscriptions.missing(), 1U);
}

TEST_F(SubscriptionsTest, a_topic_longer_than_the_engine_takes_lets_the_others_go) {
    Limits limits;
    limits.mqtt.max_topic = 8;
    BrokerLink narrow{net.reactor, net.names, net.entropy, *this, limits};
    Subscriptions asked{inbox, narrow, net.entropy, *this};
    add("b/long/topic");
    add("b/ota");
    ASSERT_TRUE(narrow.client().configure(options));
    narrow.client().start(now, 0);
    narrow.client().transport_opened(now);
    for (auto out = narrow.client().output(); !out.empty(); out = narrow.client().output()) narrow.client().sent(out.size(), now);
    narrow.client().receive(wire::connack(), now);
    asked.connected(now);
    EXPECT_EQ(missing, Lines{"b/long/topic too_long"});
    EXPECT_EQ(inbox.at(1).stage, Inbox::Subscription::Stage::asked);
}

TEST_F(SubscriptionsTest, the_end_of_the_connection_is_no_refusal) {
    add("b/ota");
    connect(wire::connack());
    static_cast<void>(sent());
    link.client().transport_closed(now, Error(errors::closed));
    EXPECT_EQ(subscriptions.missing(), 0U);
    EXPECT_TRUE(missing.empty());
}

}  // namespace
}  // namespace esb::link
