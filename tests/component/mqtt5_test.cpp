// A whole Device with MQTT 5.0: the setting, falling back, what authors give messages, what a broker says at the end.
#include "esb/mqtt/errors.hpp"
#include "support/mqtt_wire5.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

using test::OnlineDevice;
namespace wire = test::wire;
namespace wire5 = test::wire5;

// A broker that speaks what it is spoken to, and gives publishes back with their properties.
wire::Bytes usual(const wire::Packet& packet, bool five) {
    if (packet.type == 1) return packet.body.at(6) == 5 ? wire5::connack() : wire::connack();
    if (!five) return test::TlsBroker::usual(packet);
    wire5::Reader in(packet.body);
    if (packet.type == 3) {
        const auto topic = in.text();
        const unsigned id = packet.qos > 0 ? in.u16() : 0;
        const auto properties = in.properties();
        const auto payload = in.rest();
        const auto echo = packet.retain()
                              ? wire::Bytes{}
                              : wire5::publish(topic, std::string(payload.begin(), payload.end()), 0, 0, properties);
        return packet.qos == 1 ? wire::puback(id) + echo : echo;
    }
    if (packet.type == 8) return wire5::suback(in.u16(), 1);
    if (packet.type == 10) return wire5::unsuback(in.u16(), 0);
    return packet.type == 12 ? wire::pingresp() : wire::Bytes{};
}

struct Rig5 : OnlineDevice {
    explicit Rig5(std::string_view version) {
        settings("config set mqtt.version " + std::string(version) + "\n");
        broker.reply = [this](const wire::Packet& packet) {
            if (packet.type == 1) versions.push_back(packet.body.at(6));
            if (packet.type == 1 && packet.body.at(6) == 5 && refusing) return wire5::connack(false, 0x84);
            return usual(packet, versions.back() == 5);
        };
    }
    std::vector<unsigned> versions;
    bool refusing = false;
};

TEST(Mqtt5, the_setting_decides_and_the_console_tells) {
    Rig5 rig("5");
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    EXPECT_EQ(rig.versions, std::vector<unsigned>{5});
    EXPECT_TRUE(rig.printed(", MQTT 5.0"));
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("version: 5.0"));
    rig.settings("config set mqtt.version 3\n");
    ASSERT_TRUE(rig.run_until([&rig] { return rig.versions.size() > 1 && rig.device->online(); }, 5min));
    EXPECT_EQ(rig.versions.back(), 4U);
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("version: 3.1.1"));
    EXPECT_TRUE(rig.printed("last end: link.account_changed"));
}

TEST(Mqtt5, auto_falls_back_at_once) {
    Rig5 rig("auto");
    rig.refusing = true;
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    EXPECT_EQ(rig.versions, (std::vector<unsigned>{5, 4}));
    EXPECT_TRUE(rig.printed("(mqtt.refused.version 132), next try in 0 ms"));
}

TEST(Mqtt5, authors_give_and_get_properties) {
    Rig5 rig("5");
    static std::string heard;
    heard.clear();
    ASSERT_TRUE(rig.device->subscribe("ask", [](const Message& message) {
        const auto& p = message.properties;
        heard = std::string(message.text()) + " " + std::string(p.response_topic()) + " " +
                std::string(as_text(p.correlation_data())) + " " + std::string(p.content_type()) + " " +
                std::to_string(p.expiry_s().value_or(0)) + " " + std::string(p.user(0).value().value);
    }));
    ASSERT_TRUE(rig.online());
    const auto properties = MessageProperties()
                                .response_topic("an/answer")
                                .correlation_data(as_bytes("c7"))
                                .content_type("text")
                                .expires_after(60)
                                .user("key", "value");
    EXPECT_TRUE(rig.device->publish("ask", "what", {.properties = properties}));
    ASSERT_TRUE(rig.run_until([] { return !heard.empty(); }, 10s)) << rig.chip.uart.output();
    EXPECT_EQ(heard, "what an/answer c7 text 60 value");
    const std::string much(MessageProperties::most, 'x');
    EXPECT_EQ(rig.device->publish("ask", "x", {.properties = MessageProperties().user("k", much)}).error(),
              errors::too_long);
    static Status outcome;
    outcome = {};
    EXPECT_TRUE(rig.device->publish("ask", "x", {.done = [](Status status) { outcome = status; },
                                                 .properties = MessageProperties().response_topic("a/+")}));
    ASSERT_TRUE(rig.run_until([] { return !outcome; }, 10s));
    EXPECT_EQ(outcome.error(), errors::invalid_argument);
}

TEST(Mqtt5, the_brokers_reason_is_said_in_words) {
    Rig5 rig("5");
    ASSERT_TRUE(rig.online());
    rig.broker.say(wire5::disconnect(0x8E, wire5::text(0x1F, "somebody \x1b[31mred")));
    ASSERT_TRUE(rig.run_until([&rig] { return rig.versions.size() > 1; }, 5min));
    EXPECT_TRUE(rig.printed("mqtt: another client took our identifier (mqtt.taken_over 142), it says: "
                            "somebody \\x1b[31mred, next try in"))
        << rig.chip.uart.output();
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("last end: mqtt.taken_over: another client took our identifier"));
    for (int i = 0; i < 2; ++i) {
        const auto before = rig.versions.size();
        ASSERT_TRUE(rig.online());
        rig.broker.say(wire5::disconnect(0x8E));
        ASSERT_TRUE(rig.run_until([&] { return rig.versions.size() > before; }, 5min));
    }
    EXPECT_TRUE(rig.printed("(link.second_device)"));
}

}  // namespace
}  // namespace esb
