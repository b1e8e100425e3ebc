// What of a session goes along to another broker. The engine of the link is driven by hand: the brokers are the test.
#include <gtest/gtest.h>

#include "esb/link/broker_link.hpp"
#include "support/mqtt_wire.hpp"
#include "support/net_rig.hpp"

#include <string>
#include <vector>

namespace esb::link {
namespace {

using Lines = std::vector<std::string>;
namespace wire = test::wire;

struct BrokerLinkTest : testing::Test, mqtt::Handler {
    void SetUp() override {
        for (auto* const account : {&first, &second}) {
            ASSERT_TRUE(account->identity.assign("d"));
            ASSERT_TRUE(account->base.assign("b"));
            ASSERT_TRUE(account->psk.assign(as_bytes("0123456789abcdef")));
        }
        ASSERT_TRUE(first.host.assign("first.test"));
        ASSERT_TRUE(second.host.assign("second.test"));
        ASSERT_TRUE(link.use(first, now));
        link.client().start(now, 0);
    }
    void connect(bool session_present) {
        if (const auto at = link.client().next_deadline(); at && *at > now) now = *at;
        link.client().transport_opening();
        link.client().transport_opened(now);
        EXPECT_EQ(sent(), Lines{"CONNECT"});
        receive(wire::connack(session_present));
    }
    void close() { link.client().transport_closed(now, Error(errors::closed)); }
    void receive(const wire::Bytes& bytes) { link.client().receive(bytes, now); }
    void publish(std::string_view payload) {
        EXPECT_TRUE(link.client().publish({.topic = "t", .payload = as_bytes(payload), .qos = mqtt::Qos::exactly_once}));
    }
    Lines sent() {
        wire::Bytes stream;
        for (auto out = link.client().output(); !out.empty(); out = link.client().output()) {
            stream.insert(stream.end(), out.begin(), out.end());
            link.client().sent(out.size(), now);
        }
        Lines lines;
        while (auto packet = wire::take_packet(stream)) lines.push_back(wire::describe(*packet));
        return lines;
    }

    void on_connected(bool) override {}
    void on_disconnected(const Error&, Instant) override {}
    void on_message(const mqtt::MessagePiece& piece) override {
        events.push_back("message " + std::string(as_text(piece.bytes)));
    }
    void on_published(mqtt::Token token, Status outcome) override {
        const auto how = outcome ? "ok" : std::string(outcome.error().name());
        events.push_back("published " + std::to_string(token) + " " + how);
    }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    test::NetRig net;
    Instant now{1000s};
    Account first, second;
    BrokerLink link{net.reactor, net.names, net.entropy, *this, {}};
    Lines events;
};

TEST_F(BrokerLinkTest, what_is_open_with_one_broker_is_not_told_another) {
    connect(false);
    publish("released");
    publish("in flight");
    EXPECT_EQ(sent().size(), 2U);
    receive(wire::pubrec(1) + wire::publish("t", "one", 2, 5));
    EXPECT_EQ(sent(), (Lines{"PUBREL 1", "PUBREC 5"}));
    close();
    events.clear();
    ASSERT_TRUE(link.aim(second));
    EXPECT_EQ(events, Lines{"published 1 mqtt.session_lost"});
    connect(true);  // a session of ours from before
    EXPECT_EQ(sent(), Lines{"PUBLISH q2 id3 t=in flight"});
    receive(wire::publish("t", "two", 2, 5));
    EXPECT_EQ(events.back(), "message two");
    receive(wire::pubrec(3) + wire::pubcomp(3));
    EXPECT_EQ(events.back(), "published 2 ok");
}

TEST_F(BrokerLinkTest, another_key_for_the_same_broker_leaves_the_session) {
    connect(false);
    publish("released");
    publish("in flight");
    EXPECT_EQ(sent().size(), 2U);
    receive(wire::pubrec(1) + wire::publish("t", "one", 2, 5));
    close();
    events.clear();
    ASSERT_TRUE(first.psk.assign(as_bytes("fedcba9876543210")));
    ASSERT_TRUE(link.aim(first));
    connect(true);
    receive(wire::publish("t", "one", 2, 5, true));
    EXPECT_EQ(sent(), (Lines{"PUBREL 1", "PUBREC 5", "PUBLISH q2 id2 dup t=in flight"}));
    EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace esb::link
