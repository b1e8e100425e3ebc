// Publishes that wait by a policy or are kept over restarts, and acknowledgements that wait for their author: through a whole
// Device and a broker; and the power that goes at every flash operation of a kept session.
#include "esb/device/kept_session.hpp"
#include "host/vchip/key_value.hpp"
#include "support/cuts.hpp"
#include "support/mqtt_rig.hpp"
#include "support/nvs_key.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace esb {
namespace {

using test::MqttRig;
using test::OnlineDevice;
namespace wire = test::wire;

struct KeptDevice : testing::Test {
    std::string topic(std::string_view below) const {
        return std::string(base_topic(rig.device->identity())) + "/app/" + std::string(below);
    }
    std::vector<std::string> sent(std::string_view below) const {
        std::vector<std::string> payloads;
        for (const auto& packet : rig.broker.packets) {
            if (packet.type == 3 && packet.topic == topic(below)) payloads.push_back(packet.payload);
        }
        return payloads;
    }
    OnlineDevice rig;
};

TEST_F(KeptDevice, a_kept_message_survives_a_restart_and_goes_once) {
    ASSERT_TRUE(rig.device->publish("alarm", "leak", {.keep = true}));
    ASSERT_TRUE(rig.device->publish("state", "wet"));
    rig.run_for(Duration(0));
    rig.start();
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    EXPECT_TRUE(rig.printed("mqtt: messages kept over the restart: 1"));
    EXPECT_EQ(sent("alarm"), std::vector<std::string>{"leak"});
    EXPECT_TRUE(sent("state").empty()) << "it was not kept";
    rig.run_for(1s);
    rig.chip.uart.take_output();
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("publishes: 0 under way\r\n"));
    EXPECT_TRUE(rig.printed("writes of kept ones: "));
    rig.start();
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("kept over the restart"));
    EXPECT_EQ(sent("alarm").size(), 1U);
}

TEST_F(KeptDevice, what_cannot_be_kept_is_told) {
    static std::vector<std::string> outcomes;
    outcomes.clear();
    const auto done = [](Status status) { outcomes.push_back(status ? "ok" : std::string(status.error().name())); };
    ASSERT_TRUE(rig.online());
    ASSERT_TRUE(rig.device->publish("alarm", "x", {.qos = mqtt::Qos::at_most_once, .done = done, .keep = true}));
    rig.run_for(1s);
    EXPECT_EQ(outcomes, std::vector<std::string>{"invalid_argument"});
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("1 refused"));
    for (int i = 0; i < 200 && outcomes.back() != "mqtt.kept.worn"; ++i) {
        ASSERT_TRUE(rig.device->publish("alarm", "x", {.done = done, .keep = true}));
        rig.run_for(1s);
    }
    EXPECT_EQ(outcomes.back(), "mqtt.kept.worn");
    EXPECT_EQ(outcomes.size(), 1 + mqtt::Limits().kept_writes_per_hour / 2) << "the flash is not written more often";
}

TEST_F(KeptDevice, a_factory_reset_forgets_what_was_kept) {
    ASSERT_TRUE(rig.device->publish("alarm", "leak", {.keep = true}));
    rig.run_for(Duration(0));
    ASSERT_TRUE(rig.device->factory_reset(true));
    rig.run_for(10s);
    rig.restarted = false;
    rig.start();
    rig.run_for(1s);
    EXPECT_FALSE(rig.printed("kept over the restart"));
}

TEST_F(KeptDevice, the_latest_value_waits_and_older_ones_give_way) {
    static std::vector<std::string> outcomes;
    outcomes.clear();
    const auto done = [](Status status) { outcomes.push_back(status ? "ok" : std::string(status.error().name())); };
    for (const int value : {20, 21, 22}) {
        ASSERT_TRUE(rig.device->publish(
            "temperature", value, {.qos = mqtt::Qos::at_most_once, .done = done, .waiting = Waiting::latest}));
        rig.run_for(Duration(0));
    }
    ASSERT_TRUE(rig.device->publish("lost", "x", {.qos = mqtt::Qos::at_most_once, .done = done}));
    rig.run_for(Duration(0));
    EXPECT_EQ(outcomes, (std::vector<std::string>{"mqtt.replaced", "mqtt.replaced", "closed"}));
    ASSERT_TRUE(rig.online());
    EXPECT_EQ(sent("temperature"), std::vector<std::string>{"22"});
    EXPECT_EQ(outcomes.back(), "ok");
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed("2 replaced by newer ones")) << rig.chip.uart.output();
}

TEST_F(KeptDevice, the_oldest_samples_are_dropped_when_the_outbox_is_full) {
    const std::string sample(400, 's');
    int posted = 0;
    for (; posted < 60; ++posted) {
        ASSERT_TRUE(rig.device->publish("samples", std::to_string(posted) + sample,
                                        {.qos = mqtt::Qos::at_most_once, .waiting = Waiting::drop_oldest}));
        rig.run_for(Duration(0));
    }
    ASSERT_TRUE(rig.online());
    const auto got = sent("samples");
    ASSERT_FALSE(got.empty());
    EXPECT_LT(got.size(), 30U);
    EXPECT_EQ(got.back(), "59" + sample) << "the newest is there";
    rig.settings("mqtt info\n");
    EXPECT_TRUE(rig.printed(std::to_string(60 - got.size()) + " dropped for others")) << rig.chip.uart.output();
}

TEST_F(KeptDevice, the_broker_keeps_a_message_until_its_author_acknowledges_it) {
    static Device* device;
    static std::vector<Ticket> tickets;
    device = rig.device;
    tickets.clear();
    ASSERT_TRUE(device->subscribe("jobs", [](const Message&) { tickets.push_back(*device->defer()); }));
    ASSERT_TRUE(rig.online());
    const auto acknowledged = [&] {
        return std::ranges::count_if(rig.broker.packets, [](const wire::Packet& packet) { return packet.type == 4; });
    };
    EXPECT_EQ(device->defer().error(), errors::invalid_argument) << "outside a handler";
    rig.broker.say(wire::publish(topic("jobs"), "paint", 1, 40));
    rig.run_for(5s);
    ASSERT_EQ(tickets.size(), 1U);
    EXPECT_EQ(acknowledged(), 0);
    ASSERT_TRUE(device->acknowledge(tickets[0]));
    rig.run_for(1s);
    EXPECT_EQ(acknowledged(), 1);
    EXPECT_EQ(device->acknowledge(tickets[0]).error(), errors::not_found);
}

TEST_F(KeptDevice, authors_who_do_not_acknowledge_stop_the_broker_and_the_link_lives) {
    static Device* device;
    static std::vector<Ticket> tickets;
    device = rig.device;
    tickets.clear();
    ASSERT_TRUE(device->subscribe("jobs", [](const Message&) { tickets.push_back(*device->defer()); }));
    ASSERT_TRUE(rig.online());
    for (unsigned id = 1; id <= 50; ++id) rig.broker.say(wire::publish(topic("jobs"), "paint", 1, id));
    const auto connections = rig.broker.server.connections;
    rig.run_for(4min);
    EXPECT_EQ(tickets.size(), mqtt::Limits().max_inflight_in);
    EXPECT_EQ(rig.broker.server.connections, connections);
    EXPECT_TRUE(device->online());
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        EXPECT_TRUE(device->acknowledge(tickets[i])) << i;
        rig.run_for(1s);
    }
    EXPECT_EQ(tickets.size(), 50U) << "the others had waited";
    EXPECT_EQ(rig.broker.server.connections, connections);
    rig.run_for(1min);
    EXPECT_TRUE(device->online());
}

// --- the power goes ---

constexpr std::size_t flash_size = 6 * vchip::erase_unit;

struct Life {
    explicit Life(vchip::Flash& flash) : key_value(vchip::Region(flash, 0, flash_size), test::nvs_cipher()), storage(key_value, {}) {}
    bool begin() {
        if (!key_value.mount()) return false;
        const auto got = rig.client.restore(storage);
        if (got) restored = *got;
        return got.has_value();
    }
    bool alive() const { return rig.client.statistics().kept_failures == 0; }
    bool keep(std::string_view text, unsigned qos) {
        return alive() && rig.client.publish({.topic = "t", .payload = as_bytes(text), .qos = static_cast<mqtt::Qos>(qos), .keep = true});
    }
    // What the broker got; nothing when the power went first.
    MqttRig::Lines wire() {
        const auto lines = rig.wire();
        return alive() ? lines : MqttRig::Lines{};
    }
    vchip::KeyValue key_value;
    KeptSession storage;
    MqttRig rig;
    mqtt::Client::Restored restored;
};

TEST(KeptSession, survives_the_power_going_at_every_flash_operation) {
    struct Notes {
        bool one = false, two = false;  // accepted
        bool one_done = false, two_released = false, two_done = false;
        bool taken = false, released = false;  // the broker's message
    } notes;
    vchip::CutScenario scenario;
    scenario.prepare = [] {
        vchip::MemoryStore memory(flash_size);
        vchip::Flash flash(memory);
        Life life(flash);
        EXPECT_TRUE(life.begin());
        life.rig.connect();
        life.rig.wire();
        return memory;
    };
    const auto has = [](const MqttRig::Lines& lines, std::string_view what) { return std::ranges::find(lines, what) != lines.end(); };
    scenario.run = [&](vchip::Flash& flash) {
        notes = {};
        Life life(flash);
        if (!life.begin()) return;
        life.rig.connect(true);
        notes.one = life.keep("one", 1);
        notes.two = life.keep("two", 2);
        life.wire();
        if (!notes.two) return;
        life.rig.feed(wire::pubrec(2) + wire::publish("t", "theirs", 2, 7));
        const auto lines = life.wire();
        notes.two_released = has(lines, "PUBREL 2");
        notes.taken = has(lines, "PUBREC 7");
        if (!life.alive()) return;
        life.rig.feed(wire::puback(1) + wire::pubcomp(2) + wire::pubrel(7));
        notes.one_done = notes.two_done = notes.released = true;  // perhaps: nothing more is promised of them
        life.wire();
    };
    scenario.check = [&](vchip::Flash& flash) -> vchip::Verdict {
        Life life(flash);
        if (!life.begin()) return "no storage";
        if (life.restored.refused > 0) return "a record was refused";
        life.rig.connect(true);
        const auto lines = life.rig.wire();
        if (notes.one && !notes.one_done && !has(lines, "PUBLISH q1 id1 dup t=one")) return "QoS 1 is lost";
        const bool published = has(lines, "PUBLISH q2 id2 dup t=two");
        if (notes.two && !notes.two_done && !published && !has(lines, "PUBREL 2")) return "QoS 2 is lost";
        if (notes.two_released && published) return "QoS 2 goes twice";
        life.rig.feed(wire::publish("t", "theirs", 2, 7, true));
        const bool again = has(life.rig.events, "message q2 dup t=theirs");
        if (notes.taken && !notes.released && again) return "theirs came twice";
        if (!notes.taken && !notes.released && !again && !life.rig.events.empty()) return "theirs is lost";
        return {};
    };
    EXPECT_TRUE(test::survives_cuts("a kept session", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 5}));
}

}  // namespace
}  // namespace esb
