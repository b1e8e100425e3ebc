// What the broker refuses, leaves unanswered or gives in part; and what is said again when it has forgotten us.
#include "esb/device/home_assistant_config.hpp"
#include "support/health_rig.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace esb {
namespace {

using test::count;
using test::has;
using test::HealthRig;
using test::TlsBroker;
namespace wire = test::wire;

struct Subscribed : testing::Test {
    HealthRig rig;
    // SUBSCRIBE of a topic with this end is answered with `code`; not at all with 0xFF.
    void answer_with(std::string leaf, unsigned code) {
        rig.broker.reply = [leaf = std::move(leaf), code](const wire::Packet& packet) {
            if (packet.type != 8 || !packet.topic.ends_with(leaf)) return TlsBroker::usual(packet);
            return code == 0xFF ? wire::Bytes{} : wire::suback(packet.id, code);
        };
    }
    std::size_t asked(std::string_view leaf) const {
        return static_cast<std::size_t>(std::ranges::count_if(rig.broker.packets, [&](const wire::Packet& packet) {
            return packet.type == 8 && packet.topic == rig.topic(leaf);
        }));
    }
    std::string status() const { return rig.broker.latest(rig.topic("status")); }
    std::string printed() const { return rig.chip.uart.output(); }
    std::string log() const {
        std::string all;
        for (const auto& message : rig.logged()) all += message;
        return all;
    }
};
using Subscription = Subscribed;
using Announcement = Subscribed;

TEST_F(Subscription, a_refused_one_is_named_everywhere_and_tried_again_until_it_is_granted) {
    answer_with("/ota", 0x80);
    ASSERT_TRUE(rig.online());
    rig.run_for(5s);
    EXPECT_TRUE(has(printed(), "mqtt: \"" + rig.topic("ota") + "\": the broker refused the subscription")) << printed();
    EXPECT_TRUE(has(status(), R"("missing":["ota"])")) << status();
    EXPECT_TRUE(has(rig.answer("status\n"), "missing: ota"));
    EXPECT_TRUE(has(log(), R"("kind":"topic","what":"ota","why":"mqtt.subscribe_refused")")) << log();
    rig.run_for(1h);
    EXPECT_GE(asked("ota"), 5U);
    EXPECT_LE(asked("ota"), 20U) << "with back-off";
    EXPECT_EQ(asked("config"), 1U) << "what is granted is not asked for again";
    EXPECT_FALSE(has(printed(), "mqtt.subscribe_refused")) << "said once";
    EXPECT_EQ(rig.broker.server.connections, 1);
    rig.broker.reply = TlsBroker::usual;
    ASSERT_TRUE(rig.run_until([&] { return !has(status(), "missing"); }, 21min)) << status();
    EXPECT_FALSE(has(rig.answer("status\n"), "missing"));
    const auto before = asked("ota");
    rig.run_for(1h);
    EXPECT_EQ(asked("ota"), before);
}

TEST_F(Subscription, all_refused_the_list_is_bounded) {
    for (int i = 0; i < 8; ++i) {
        const auto topic = std::to_string(i) + std::string(60, 'a');
        ASSERT_TRUE(rig.device->subscribe(topic, [](const Message&) {}));
    }
    answer_with("", 0x80);
    rig.run_for(30s);
    EXPECT_TRUE(has(status(), R"("missing":["ping","ota","config","app/0aaa)")) << status();
    EXPECT_TRUE(has(status(), R"("missing_more":6)")) << status();
    EXPECT_TRUE(has(rig.answer("status\n"), "and 6 more"));
}

TEST_F(Subscription, one_that_is_not_answered_is_missing_too) {
    answer_with("/config", 0xFF);
    ASSERT_TRUE(rig.online());
    rig.run_for(25s);
    EXPECT_FALSE(has(status(), "missing")) << status();
    rig.run_for(10s);
    EXPECT_TRUE(has(status(), R"("missing":["config"])")) << status();
    EXPECT_TRUE(has(printed(), "link.no_suback")) << printed();
    EXPECT_TRUE(has(log(), R"("kind":"topic","what":"config","why":"link.no_suback")")) << log();
    rig.run_for(6h);
    EXPECT_EQ(asked("config"), 3U) << "the outbox is not filled with questions";
    EXPECT_TRUE(rig.device->online());
    rig.broker.reply = TlsBroker::usual;
    rig.network.reset_connections(test::broker_address);
    rig.run_for(2min);
    EXPECT_FALSE(has(status(), "missing")) << status();
}

TEST_F(Subscription, a_lower_qos_is_said_but_nothing_is_missing) {
    answer_with("/ota", 0);
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    EXPECT_EQ(count(printed(), "link.lower_qos"), 1U) << printed();
    EXPECT_FALSE(has(status(), "missing")) << status();
    EXPECT_TRUE(has(log(), R"("what":"ota","why":"link.lower_qos")")) << log();
    EXPECT_EQ(asked("ota"), 1U);
}

// What waited while there was no connection may leave no room for SUBSCRIBE at once.
TEST_F(Subscription, a_full_outbox_keeps_no_device_off_line) {
    rig.chip.radio.set_on(false);
    rig.run_for(1s);
    int accepted = 0;
    for (int round = 0; round < 20; ++round) {
        while (rig.device->publish("backlog", std::string(400, 'x'))) ++accepted;
        rig.run_for(1s);
    }
    ASSERT_GT(accepted, 15);
    rig.chip.radio.set_on(true);
    ASSERT_TRUE(rig.online()) << printed();
    rig.run_for(10s);
    EXPECT_EQ(rig.broker.server.connections, 1) << printed();
    EXPECT_EQ(rig.broker.latest(rig.topic("online")), "1");
    EXPECT_EQ(asked("ota"), 1U);
    EXPECT_EQ(std::ranges::count_if(rig.broker.packets,
                                    [&](const wire::Packet& p) { return p.topic == rig.topic("app/backlog"); }),
              accepted);
}

// --- Said again ---

struct Said {
    std::size_t online = 0, status = 0, update = 0, config = 0, discovery = 0;
    friend bool operator==(const Said&, const Said&) = default;
};

Said said(const HealthRig& rig) {
    Said all;
    for (const auto& packet : rig.broker.packets) {
        if (packet.type != 3 || !packet.retain()) continue;
        if (packet.topic == rig.topic("online")) ++all.online;
        if (packet.topic == rig.topic("status")) ++all.status;
        if (packet.topic == rig.topic("ota/status")) ++all.update;
        if (packet.topic == rig.topic("config/status")) ++all.config;
        if (packet.topic.starts_with("homeassistant/")) ++all.discovery;
    }
    return all;
}

void resume_session(HealthRig& rig, bool present) {
    static bool answer;
    answer = present;
    rig.broker.reply = [](const wire::Packet& packet) {
        return packet.type == 1 ? wire::connack(answer) : TlsBroker::usual(packet);
    };
    rig.network.reset_connections(test::broker_address);
    ASSERT_TRUE(rig.run_until([&rig] { return !rig.device->online(); }, 1min));
    rig.broker.packets.clear();
    ASSERT_TRUE(rig.online());
    rig.run_for(5s);
}

TEST_F(Announcement, comes_again_when_the_broker_has_no_session) {
    ASSERT_TRUE(rig.online());
    rig.type("config set ha.discovery on\n");
    rig.run_for(10s);
    EXPECT_EQ(said(rig).discovery, ha_entities);
    resume_session(rig, true);
    EXPECT_EQ(said(rig).discovery, 0U) << "the broker has them";
    resume_session(rig, false);
    EXPECT_EQ(said(rig), (Said{1, 1, 1, 1, ha_entities}));
    rig.type("config set ha.discovery off\n");
    rig.run_for(5s);
    resume_session(rig, false);
    EXPECT_EQ(said(rig).discovery, 0U) << "nothing to announce";
}

TEST_F(Announcement, comes_again_when_home_assistant_says_online) {
    rig.type("config set ha.discovery on\n");
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    for (const auto* word : {"online", "offline", "onlin", "online", ""}) {
        rig.broker.packets.clear();
        rig.broker.say(wire::publish("homeassistant/status", word));
        rig.run_for(5s);
        const bool again = std::string_view(word) == "online";
        EXPECT_EQ(said(rig), (again ? Said{1, 1, 1, 1, ha_entities} : Said{})) << word;
    }
}

TEST_F(Announcement, names_the_base_topic_in_use) {
    ASSERT_TRUE(rig.online());
    rig.type("config set ha.discovery on\n");
    rig.run_for(10s);
    const auto at = "homeassistant/sensor/" + std::string(rig.device->identity()) + "/uptime/config";
    EXPECT_TRUE(has(rig.broker.latest(at), R"("state_topic":")" + rig.topic("status") + '"'));
    rig.type("config set mqtt.0.base site/bed\n");
    rig.run_for(1min);
    EXPECT_TRUE(has(rig.broker.latest(at), R"("state_topic":"site/bed/status")")) << rig.broker.latest(at);
    EXPECT_TRUE(has(rig.broker.latest(at), R"("availability_topic":"site/bed/online")"));
}

TEST_F(Announcement, home_assistant_is_listened_to_only_while_it_is_told_something) {
    const auto sent = [this](unsigned type) {
        return std::ranges::count_if(rig.broker.packets, [type](const wire::Packet& packet) {
            return packet.type == type && packet.topic == "homeassistant/status";
        });
    };
    ASSERT_TRUE(rig.online());
    rig.run_for(5s);
    EXPECT_EQ(sent(8), 0);
    rig.type("config set ha.discovery on\n");
    rig.run_for(5s);
    EXPECT_EQ(sent(8), 1);
    rig.type("config set ha.discovery off\n");
    rig.run_for(5s);
    EXPECT_EQ(sent(10), 1);
    rig.type("config set ha.discovery on\n");
    rig.run_for(5s);
    EXPECT_EQ(sent(8), 2);
    resume_session(rig, false);
    EXPECT_EQ(sent(8), 1);
}

// --- Two devices with one identity ---

TEST_F(Subscription, several_short_connections_hint_at_a_second_device) {
    const auto throw_out = [this](Duration after) {
        ASSERT_TRUE(rig.online());
        rig.run_for(after);
        rig.broker.server.hang_up();
        ASSERT_TRUE(rig.run_until([this] { return !rig.device->online(); }, 1min));
    };
    throw_out(5s);
    throw_out(5s);
    EXPECT_FALSE(has(printed(), "link.second_device"));
    throw_out(40s);  // was long enough
    throw_out(5s);
    throw_out(5s);
    EXPECT_FALSE(has(printed(), "link.second_device"));
    throw_out(5s);
    EXPECT_EQ(count(printed(), "link.second_device"), 1U) << printed();
    throw_out(5s);
    EXPECT_EQ(count(printed(), "link.second_device"), 1U) << printed();
    ASSERT_TRUE(rig.online());
    rig.run_for(5s);
    EXPECT_TRUE(has(status(), R"("hint":"link.second_device")")) << status();
    EXPECT_TRUE(has(log(), R"("kind":"broker","why":"link.second_device")")) << log();
    EXPECT_TRUE(has(rig.answer("status\n"), "hint: "));
    rig.run_for(10min);
    EXPECT_FALSE(has(status(), "hint")) << status();
}

}  // namespace
}  // namespace esb
