// What an author's firmware can say and hear, through a whole Device and a broker.
#include "esb/mqtt/errors.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace esb {
namespace {

using test::OnlineDevice;

struct Author : testing::Test {
    void SetUp() override { ASSERT_TRUE(rig.online()); }
    std::string published(std::string_view topic) {
        rig.run_for(1s);
        return rig.broker.latest(std::string(base_topic(rig.device->identity())) + "/app/" + std::string(topic));
    }
    void say(std::string_view topic, std::string_view payload) {
        rig.broker.say(test::wire::publish(std::string(topic), std::string(payload)));
    }
    OnlineDevice rig;
};

TEST_F(Author, publishes_texts_numbers_truth_and_json) {
    auto& device = *rig.device;
    ASSERT_TRUE(device.publish("text", "ready"));
    EXPECT_EQ(published("text"), "ready");
    ASSERT_TRUE(device.publish("number", -40));
    EXPECT_EQ(published("number"), "-40");
    ASSERT_TRUE(device.publish("big", std::uint64_t{1} << 52));
    EXPECT_EQ(published("big"), "4503599627370496");
    ASSERT_TRUE(device.publish("fraction", 21.5));
    EXPECT_EQ(published("fraction"), "21.5");
    ASSERT_TRUE(device.publish("float", 0.1F));
    EXPECT_EQ(published("float"), "0.1");
    ASSERT_TRUE(device.publish("none", std::nan("")));
    EXPECT_EQ(published("none"), "nan") << "as printf writes it; no JSON";
    ASSERT_TRUE(device.publish("truth", true));
    EXPECT_EQ(published("truth"), "true");
    const int co2 = 612;
    ASSERT_TRUE(device.publish("air", [co2](JsonWriter& json) {
        json.begin_object().key("co2").number(co2).key("ok").boolean(true).end_object();
    }));
    EXPECT_EQ(published("air"), R"({"co2":612,"ok":true})");
    const std::string long_text(Device::json_max, 'x');
    EXPECT_EQ(device.publish("long", [&long_text](JsonWriter& json) { json.text(long_text); }).error(),
              errors::too_long);
}

TEST_F(Author, notes_events_that_keep_their_words_over_restarts) {
    static constexpr LogEvent events[] = {{"pump.dry", "the pump ran dry"}, {"pump.full", "the tank is full"}};
    static constexpr LogEvent taken[] = {{"pump.dry", "x"}, {"pump.dry", "y"}};
    static constexpr LogEvent ours[] = {{"socket.reset", "x"}};
    EXPECT_EQ(rig.device->log_events(taken).error(), errors::invalid_argument);
    EXPECT_EQ(rig.device->log_events(ours).error(), errors::invalid_argument);
    ASSERT_TRUE(rig.device->log_events(events));
    EXPECT_EQ(rig.device->log_events(events).error(), errors::busy);
    rig.device->log(events[0], 3);
    rig.device->log(events[0], 3);
    rig.run_for(1s);
    const auto base = std::string(base_topic(rig.device->identity()));
    EXPECT_NE(rig.broker.latest(base + "/log").find(R"("kind":"app","why":"pump.dry","detail":3,"count":2)"),
              std::string::npos)
        << rig.broker.latest(base + "/log");
    rig.device->restart();
    rig.run_for(5s);
    rig.restarted = false;
    rig.start();
    rig.settings("log\n");
    EXPECT_TRUE(rig.printed("app: (error.")) << "not named yet";
    ASSERT_TRUE(rig.device->log_events(events));
    rig.settings("log\n");
    EXPECT_TRUE(rig.printed("app: the pump ran dry (pump.dry 3); 2 times in 0 s"));
}

TEST_F(Author, hears_wildcards_below_its_own_topics_until_it_unsubscribes) {
    auto& device = *rig.device;
    std::vector<std::string> heard;
    auto* const list = &heard;
    ASSERT_TRUE(device.subscribe("rooms/+/lamp", [list](const Message& message) {
        list->push_back(std::string(message.subtopic) + "=" + std::string(message.text()));
    }));
    rig.run_for(1s);
    const auto base = std::string(base_topic(device.identity()));
    say(base + "/app/rooms/kitchen/lamp", "on");
    say(base + "/app/rooms/kitchen/door", "open");
    rig.run_for(1s);
    EXPECT_EQ(heard, std::vector<std::string>{"rooms/kitchen/lamp=on"});
    EXPECT_EQ(device.unsubscribe("rooms/+/door").error(), errors::not_found);
    ASSERT_TRUE(device.unsubscribe("rooms/+/lamp"));
    rig.run_for(1s);
    EXPECT_EQ(rig.broker.packets.back().type, 10) << "UNSUBSCRIBE";
    say(base + "/app/rooms/cellar/lamp", "on");
    rig.run_for(1s);
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(Author, hears_and_says_foreign_topics) {
    auto& device = *rig.device;
    std::vector<std::string> heard;
    auto* const list = &heard;
    for (const auto* everybody : {"+/alarm", "#", "$SYS/uptime"}) {
        EXPECT_EQ(device.subscribe(foreign(everybody), [](const Message&) {}).error(), errors::mqtt_bad_topic);
    }
    ASSERT_TRUE(device.subscribe(foreign("site/+/alarm"),
                                 [list](const Message& message) { list->emplace_back(message.subtopic); }));
    rig.run_for(1s);
    say("site/hall/alarm", "1");
    ASSERT_TRUE(device.publish(foreign("site/greenhouse/alarm"), true));
    rig.run_for(1s);
    EXPECT_EQ(heard, (std::vector<std::string>{"site/hall/alarm", "site/greenhouse/alarm"})) << "this broker echoes";
    EXPECT_EQ(rig.broker.latest("site/greenhouse/alarm"), "true");
}

// A base topic that an operator has made longer, or an identity, decides what still fits.
TEST_F(Author, a_topic_that_is_too_long_keeps_no_other_from_being_heard) {
    int heard = 0;
    auto* const count = &heard;
    const std::string long_topic(90, 'x');
    ASSERT_TRUE(rig.device->subscribe(long_topic, [count](const Message&) { ++*count; }));
    ASSERT_TRUE(rig.device->subscribe("lamp", [count](const Message&) { ++*count; }));
    rig.settings("config set mqtt.0.base site/greenhouse/north/bed\n");
    rig.run_for(10s);
    ASSERT_TRUE(rig.device->online());
    EXPECT_TRUE(rig.printed("xxx\": the topic or filter is not allowed (mqtt.bad_topic)"));
    say("site/greenhouse/north/bed/app/lamp", "on");
    rig.run_for(1s);
    EXPECT_EQ(heard, 1);
}

TEST_F(Author, a_subscription_that_was_refused_is_none) {
    const std::string too_long(96, 'x');
    EXPECT_EQ(rig.device->subscribe(too_long, [](const Message&) {}).error(), errors::mqtt_bad_topic);
    EXPECT_EQ(rig.device->unsubscribe(too_long).error(), errors::not_found);
}

TEST_F(Author, all_eight_topics_fit_beside_all_that_the_device_hears_itself) {
    rig.settings("config set ota.when ask\nconfig set ha.discovery on\n");
    struct Dump final : chip::CoreDump {
        std::size_t size() const override { return 100; }
        std::optional<std::uint32_t> place() const override { return std::nullopt; }
        Status read(std::size_t, MutBytes) override { return {}; }
        Status erase() override { return {}; }
    } dump;
    rig.chip.system.set_core_dump(&dump);
    rig.start();
    for (const char* topic : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
        ASSERT_TRUE(rig.device->subscribe(topic, [](const Message&) {}));
    }
    EXPECT_EQ(rig.device->subscribe("9", [](const Message&) {}).error(), errors::full);
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("(full)")) << rig.chip.uart.output();
    rig.run_for(1s);
    const auto asked = [this](std::string_view end) {
        return std::ranges::count_if(rig.broker.packets, [end](const test::wire::Packet& packet) {
            return packet.type == 8 && packet.topic.ends_with(end);
        });
    };
    for (const char* own : {"/ota/do", "/crash/do", "homeassistant/status"}) EXPECT_GE(asked(own), 1) << own;
    rig.chip.system.set_core_dump(nullptr);
}

TEST_F(Author, its_topic_stays_when_the_device_does_not_hear_that_one_itself_any_more) {
    int heard = 0;
    auto* const count = &heard;
    const auto handler = [count](const Message&) { ++*count; };
    const auto turn = [this](std::string_view discovery) {
        rig.chip.uart.type("config set ha.discovery " + std::string(discovery) + "\n");
        rig.run_for(2s);
        say("homeassistant/status", "offline");
        rig.run_for(1s);
    };
    ASSERT_TRUE(rig.device->subscribe(foreign("homeassistant/status"), handler));
    turn("on");
    EXPECT_EQ(heard, 1);
    turn("off");
    EXPECT_EQ(heard, 2);
    EXPECT_EQ(std::ranges::count(rig.broker.packets, 10, &test::wire::Packet::type), 0) << "UNSUBSCRIBE";
    turn("on");
    ASSERT_TRUE(rig.device->unsubscribe(foreign("homeassistant/status")));
    rig.run_for(1s);
    const auto said = rig.broker.packets.size();
    say("homeassistant/status", "online");
    rig.run_for(1s);
    EXPECT_GT(rig.broker.packets.size(), said) << "all is announced anew";
    EXPECT_EQ(heard, 3);
}

TEST_F(Author, a_handler_may_set_another_in_its_place) {
    struct Counts {
        Device& device;
        int first = 0, second = 0, settings = 0;
    } counts{*rig.device};
    auto* const all = &counts;
    counts.device.on_online([all](bool) {
        all->device.on_online([first = static_cast<int*>(nullptr), second = &all->second](bool) {
            ++*(first != nullptr ? first : second);
        });
        ++all->first;
    });
    counts.device.on_settings([all] {
        all->device.on_settings([none = static_cast<int*>(nullptr), all] {
            if (none == nullptr) all->settings += 10;
        });
        ++all->settings;
    });
    rig.broker.server.hang_up();
    ASSERT_TRUE(rig.online());
    rig.run_for(5min);
    EXPECT_EQ(counts.first, 1);
    EXPECT_EQ(counts.second, 1);
    for (const char* level : {"debug", "error", "info"}) {
        rig.chip.uart.type("config set log.level " + std::string(level) + "\n");
        rig.run_for(1s);
    }
    EXPECT_EQ(counts.settings, 21) << "once the first, twice the second";
}

}  // namespace
}  // namespace esb
