// Messages that are larger than the device takes: read past, acknowledged, told once; the connection lives on.
#include "support/health_rig.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace esb {
namespace {

using test::count;
using test::HealthRig;
using test::TlsBroker;
namespace wire = test::wire;

struct LargeMessage : testing::Test {
    HealthRig rig;
    void SetUp() override {
        ASSERT_TRUE(rig.online());
        rig.run_for(5s);
        rig.chip.uart.take_output();
        rig.broker.packets.clear();
    }
    std::size_t answers(unsigned type, unsigned id) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            rig.broker.packets, [&](const wire::Packet& packet) { return packet.type == type && packet.id == id; }));
    }
    bool answered(unsigned type, unsigned id, std::size_t times = 1) {
        return rig.run_until([&] { return answers(type, id) >= times; }, 1min);
    }
    std::string printed() const { return rig.chip.uart.output(); }
    std::string log() {
        std::string all;
        for (const auto& message : rig.logged()) all += message;
        return all;
    }
};

TEST_F(LargeMessage, an_image_on_the_update_topic_is_acknowledged_and_told_and_the_right_update_follows) {
    const std::string image(std::size_t{1} << 20, '\xE9');
    rig.broker.say(wire::publish(rig.topic("ota"), image, 1, 77));
    ASSERT_TRUE(answered(4, 77)) << printed();
    rig.run_for(5min);
    EXPECT_EQ(rig.broker.server.connections, 1) << printed();
    EXPECT_TRUE(rig.device->online());
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 1U) << printed();
    EXPECT_EQ(count(printed(), "a message of 1048576 bytes on \"" + rig.topic("ota") + "\""), 1U) << printed();
    EXPECT_EQ(count(log(), R"("kind":"topic","what":"ota","why":"mqtt.too_large","detail":1048576)"), 1U) << log();
    const auto status = rig.broker.latest(rig.topic("ota/status"));
    EXPECT_NE(status.find(R"("state":"failed")"), std::string::npos) << status;
    EXPECT_NE(status.find(R"("error":"mqtt.too_large")"), std::string::npos) << status;
    rig.offer(rig.image_2);
    rig.run_for(2min);
    EXPECT_NE(rig.broker.latest(rig.topic("ota/status")).find(R"("state":"confirmed")"), std::string::npos);
}

TEST_F(LargeMessage, one_on_the_configuration_topic_is_told_there) {
    rig.broker.say(wire::publish(rig.topic("config"), std::string(300'000, ' '), 2, 77));
    ASSERT_TRUE(answered(5, 77)) << printed();
    rig.broker.say(wire::pubrel(77));
    ASSERT_TRUE(answered(7, 77)) << printed();
    rig.run_for(5s);
    const auto status = rig.broker.latest(rig.topic("config/status"));
    EXPECT_NE(status.find(R"("state":"refused","error":"mqtt.too_large")"), std::string::npos) << status;
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 1U) << printed();
    EXPECT_EQ(rig.broker.server.connections, 1);
}

TEST_F(LargeMessage, redelivered_or_retained_it_is_told_once) {
    const std::string image(300'000, 'x');
    rig.broker.say(wire::publish(rig.topic("ota"), image, 1, 77));
    ASSERT_TRUE(answered(4, 77));
    rig.network.reset_connections(test::broker_address);  // the acknowledgement was lost
    ASSERT_TRUE(rig.run_until([this] { return rig.broker.server.connections == 2 && rig.device->online(); }, 5min));
    rig.broker.say(wire::publish(rig.topic("ota"), image, 1, 77, true));
    ASSERT_TRUE(answered(4, 77, 2));
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 1U) << printed();
    for (std::size_t i = 1; i <= 3; ++i) {  // another one, retained: it comes with every subscription
        rig.broker.say(wire::publish(rig.topic("ota"), image + "x", 1, 78, false, true));
        ASSERT_TRUE(answered(4, 78, i));
        rig.network.reset_connections(test::broker_address);
        ASSERT_TRUE(rig.run_until([this] { return !rig.device->online(); }, 1min));
        ASSERT_TRUE(rig.online());
    }
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 2U) << printed();
    rig.broker.say(wire::publish(rig.topic("ota"), image, 1, 79));  // sent anew
    ASSERT_TRUE(answered(4, 79));
    rig.run_for(1s);
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 3U) << printed();
}

TEST_F(LargeMessage, a_topic_longer_than_the_buffer_and_topics_of_others) {
    rig.broker.say(wire::publish(std::string(60'000, 't'), "x", 1, 77) + wire::publish("not/ours", "y", 1, 78) +
                   wire::publish("not/\x1b[31mours", std::string(300'000, 'y'), 0));
    ASSERT_TRUE(answered(4, 78)) << printed();
    EXPECT_EQ(answers(4, 77), 1U);
    rig.run_for(5s);
    EXPECT_EQ(count(printed(), "a message of 1 bytes on a topic of 60000 bytes"), 1U) << printed();
    EXPECT_EQ(count(printed(), R"(a message of 300000 bytes on "not/\x1b[31mours")"), 1U) << printed();
    EXPECT_EQ(rig.broker.server.connections, 1);
    EXPECT_TRUE(rig.device->online());
}

// So slowly that the answers to the device's own pings are behind it for longer than they may take.
TEST_F(LargeMessage, a_slow_one_is_no_silence) {
    rig.network.faults(test::broker_address).segment_gap = Duration(150);
    rig.broker.say(wire::publish(rig.topic("ota"), std::string(400'000, 'x'), 1, 77));
    rig.run_for(95s);
    EXPECT_EQ(answers(4, 77), 0U);
    ASSERT_TRUE(rig.run_until([this] { return answers(4, 77) > 0; }, 10min)) << printed();
    rig.run_for(1min);
    EXPECT_EQ(rig.broker.server.connections, 1) << printed();
    EXPECT_TRUE(rig.device->online());
}

// --- What an author's handler gets ---

TEST_F(LargeMessage, an_authors_handler_is_called_once_a_message_or_not_at_all) {
    static std::vector<std::string> whole, pieces;
    whole.clear();
    pieces.clear();
    ASSERT_TRUE(rig.device->subscribe("whole", [](const Message& message) {
        whole.push_back(std::to_string(message.offset) + "+" + std::to_string(message.bytes.size()));
    }));
    ASSERT_TRUE(rig.device->subscribe("pieces",
                                      [](const Message& message) {
                                          if (message.offset == 0) pieces.emplace_back();
                                          EXPECT_EQ(message.offset, pieces.back().size());
                                          pieces.back() += as_text(message.bytes);
                                      },
                                      {.pieces = true}));
    rig.run_for(1s);
    unsigned id = 100;
    for (const std::size_t size : {0, 1, 3000, 4096, 4097, 100'000, 300'000}) {
        rig.broker.say(wire::publish(rig.topic("app/whole"), std::string(size, 'x'), 1, ++id));
        rig.broker.say(wire::publish(rig.topic("app/pieces"), std::string(size, 'x'), 1, ++id));
        ASSERT_TRUE(answered(4, id)) << size;
    }
    EXPECT_EQ(whole, (std::vector<std::string>{"0+0", "0+1", "0+3000", "0+4096"}));
    ASSERT_EQ(pieces.size(), 6U);
    EXPECT_EQ(pieces[4], std::string(4097, 'x'));
    EXPECT_EQ(pieces[5], std::string(100'000, 'x'));
    EXPECT_EQ(count(printed(), "mqtt.too_large"), 4U) << printed();
    EXPECT_EQ(count(printed(), "a message of 4097 bytes on \"" + rig.topic("app/whole") + "\""), 1U) << printed();
    EXPECT_EQ(count(printed(), "a message of 300000 bytes on \"" + rig.topic("app/pieces") + "\""), 1U) << printed();
    EXPECT_EQ(rig.broker.server.connections, 1);
}

}  // namespace
}  // namespace esb
