// The discovery messages against Home Assistant's documentation: "MQTT", "MQTT Binary Sensor", "MQTT Sensor" and
// "MQTT Update" (docs/home-assistant.md says where).
#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "esb/device/home_assistant_config.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>

namespace esb {
namespace {

const ota::ImageIdentity image{"greenhouse", "esp32c3", "1.4.0", 42};
constexpr std::string_view identity_text = "ESP-C44F330A9C35";

using Names = std::set<std::string>;

// Options of every MQTT entity: availability, device and origin, and what is common.
const Names common{"availability_topic",
                   "availability_template",
                   "availability_mode",
                   "availability",
                   "payload_available",
                   "payload_not_available",
                   "device",
                   "origin",
                   "enabled_by_default",
                   "encoding",
                   "entity_category",
                   "entity_picture",
                   "icon",
                   "json_attributes_topic",
                   "json_attributes_template",
                   "name",
                   "object_id",
                   "default_entity_id",
                   "qos",
                   "unique_id",
                   "platform"};
// Options of one component in addition.
const std::map<std::string, Names> own{
    {"binary_sensor",
     {"device_class", "expire_after", "force_update", "off_delay", "payload_off", "payload_on", "state_topic",
      "value_template"}},
    {"sensor",
     {"device_class", "expire_after", "force_update", "last_reset_value_template", "options",
      "suggested_display_precision", "state_class", "state_topic", "unit_of_measurement", "value_template"}},
    {"update",
     {"command_topic", "device_class", "display_precision", "latest_version_template", "latest_version_topic",
      "payload_install", "release_summary", "release_url", "retain", "state_topic", "title", "value_template"}},
};
const Names device_options{"configuration_url", "connections",    "hw_version", "identifiers",
                           "manufacturer",      "model",          "model_id",   "name",
                           "serial_number",     "suggested_area", "sw_version", "via_device"};

struct Announced {
    std::string topic;
    std::string text;
    Result<JsonDocument> json;
};

Announced announced(HaEntity entity, std::string_view identity = identity_text, const ota::ImageIdentity& of = image) {
    std::array<char, ha_config_max> buffer;
    const std::string text(ha_config(entity, *make_identity(identity), base_topic(*make_identity(identity)), of, buffer));
    return {std::string(ha_topic(entity, identity).view()), text, JsonDocument::parse(as_bytes(text))};
}
std::string component(const Announced& message) {
    const auto begin = std::string_view("homeassistant/").size();
    return message.topic.substr(begin, message.topic.find('/', begin) - begin);
}
std::string member(const Announced& message, const char* name) {
    return std::string(message.json->root()[name].text().value_or("(none)"));
}

class HomeAssistantFormat : public testing::TestWithParam<HaEntity> {};
INSTANTIATE_TEST_SUITE_P(All, HomeAssistantFormat,
                         testing::Values(HaEntity::connectivity, HaEntity::signal, HaEntity::uptime,
                                         HaEntity::firmware));

TEST_P(HomeAssistantFormat, topic_is_prefix_component_node_object_config) {
    const auto topic = announced(GetParam()).topic;
    EXPECT_TRUE(topic.starts_with("homeassistant/")) << topic;
    EXPECT_TRUE(topic.ends_with("/config")) << topic;
    EXPECT_EQ(std::count(topic.begin(), topic.end(), '/'), 4);
    EXPECT_NE(topic.find("/" + std::string(identity_text) + "/"), std::string::npos);
    for (const char c : topic) EXPECT_TRUE(std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-') << topic;
}

TEST_P(HomeAssistantFormat, has_only_options_of_its_component) {
    const auto message = announced(GetParam());
    ASSERT_TRUE(message.json) << message.text;
    ASSERT_TRUE(own.contains(component(message))) << message.topic;
    for (auto m = message.json->root().first(); m.is_present(); m = m.next()) {
        const std::string name(m.name());
        EXPECT_TRUE(common.contains(name) || own.at(component(message)).contains(name)) << name;
    }
    for (auto m = message.json->root()["device"].first(); m.is_present(); m = m.next()) {
        EXPECT_TRUE(device_options.contains(std::string(m.name()))) << m.name();
    }
}

TEST_P(HomeAssistantFormat, has_what_discovery_requires) {
    const auto message = announced(GetParam());
    const auto root = message.json->root();
    EXPECT_TRUE(root["state_topic"].text());
    EXPECT_TRUE(root["unique_id"].text());
    EXPECT_TRUE(root["origin"]["name"].text());
    EXPECT_EQ(root["device"]["identifiers"].size(), 1U);
    EXPECT_EQ(root["device"]["identifiers"].first().text().value(), identity_text);
    EXPECT_EQ(root["device"]["sw_version"].text().value(), "1.4.0");
}

TEST_P(HomeAssistantFormat, fits_with_the_longest_names) {
    const std::string longest(identity_max, 'W');
    const std::string word(31, '"');
    const auto message = announced(GetParam(), longest, {word, std::string_view(word).substr(0, 15), word, 1});
    EXPECT_FALSE(message.text.empty());
    EXPECT_TRUE(message.json);
    EXPECT_TRUE(message.topic.ends_with("/config")) << message.topic;
    EXPECT_TRUE(member(message, "unique_id").starts_with(longest + "_"));
}

TEST(HomeAssistant, identifiers_are_unique) {
    Names seen;
    for (std::size_t i = 0; i < ha_entities; ++i) {
        const auto message = announced(static_cast<HaEntity>(i));
        seen.insert(member(message, "unique_id"));
        seen.insert(message.topic);
    }
    EXPECT_EQ(seen.size(), 2 * ha_entities);
}

TEST(HomeAssistant, connectivity_is_what_online_says_and_always_available) {
    const auto message = announced(HaEntity::connectivity);
    EXPECT_EQ(member(message, "state_topic"), "ESP/C44F330A9C35/online");
    EXPECT_EQ(member(message, "payload_on"), "1");
    EXPECT_EQ(member(message, "payload_off"), "0");
    EXPECT_EQ(member(message, "device_class"), "connectivity");
    EXPECT_EQ(member(message, "availability_topic"), "(none)");
}

TEST(HomeAssistant, sensors_read_status) {
    const auto signal = announced(HaEntity::signal);
    EXPECT_EQ(member(signal, "state_topic"), "ESP/C44F330A9C35/status");
    EXPECT_EQ(member(signal, "device_class"), "signal_strength");
    EXPECT_EQ(member(signal, "unit_of_measurement"), "dBm");
    EXPECT_EQ(member(signal, "value_template"), "{{ value_json.rssi }}");
    const auto uptime = announced(HaEntity::uptime);
    EXPECT_EQ(member(uptime, "device_class"), "duration");
    EXPECT_EQ(member(uptime, "unit_of_measurement"), "s");
    EXPECT_EQ(member(uptime, "value_template"), "{{ value_json.up }}");
    for (const auto& message : {announced(HaEntity::signal), announced(HaEntity::uptime)}) {
        EXPECT_EQ(member(message, "availability_topic"), "ESP/C44F330A9C35/online");
        EXPECT_EQ(member(message, "payload_available"), "1");
        EXPECT_EQ(member(message, "payload_not_available"), "0");
    }
}

TEST(HomeAssistant, the_update_entity_installs_what_waits_and_has_a_template_for_our_status) {
    const auto message = announced(HaEntity::firmware);
    EXPECT_EQ(member(message, "state_topic"), "ESP/C44F330A9C35/ota/status");
    EXPECT_EQ(member(message, "device_class"), "firmware");
    EXPECT_EQ(member(message, "command_topic"), "ESP/C44F330A9C35/ota/do");
    EXPECT_EQ(member(message, "payload_install"), "install");
    const auto text = member(message, "value_template");
    // Home Assistant discards a state with any other member.
    for (const auto* name : {"'installed_version':", "'latest_version':", "'in_progress':", "'update_percentage':"}) {
        EXPECT_NE(text.find(name), std::string::npos) << name;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), ':'), 4);
    EXPECT_TRUE(text.ends_with("| to_json }}"));
}

}  // namespace
}  // namespace esb
