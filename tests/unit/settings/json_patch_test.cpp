#include "esb/settings/json_patch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::settings {
namespace {

class JsonPatch : public testing::Test {
protected:
    // The error's name, and the setting that is to blame.
    std::string read(std::string_view json) {
        FixedString<name_max> offending;
        const auto done = read_json_patch(as_bytes(json), patch, offending);
        if (done) return "ok";
        EXPECT_TRUE(patch.empty());
        return std::string(done.error().name()) + (offending.empty() ? "" : " " + std::string(offending.view()));
    }
    Schema schema;
    Patch patch{schema, Origin::mqtt};
};

TEST_F(JsonPatch, takes_every_type) {
    EXPECT_EQ(read(R"({"mqtt.0.host":"broker.test","mqtt.0.port":1883,"wifi.0.hidden":true,"log.level":"debug",)"
                   R"("wifi.0.ssid":"hex:ff00","mqtt.0.psk.1":"00112233445566778899aabbccddeeff","wifi.0.pass":null})"),
              "ok");
    std::string names;
    RecordReader reader(patch.records());
    while (const auto record = reader.next()) {
        names +=
            std::string(record->name) + (record->removal ? "! " : ":" + std::to_string(record->value.size()) + " ");
    }
    EXPECT_EQ(names,
              "log.level:5 mqtt.0.host:11 mqtt.0.port:8 mqtt.0.psk.1:16 wifi.0.hidden:1 wifi.0.pass! wifi.0.ssid:2 ");
}

TEST_F(JsonPatch, an_empty_object_changes_nothing) {
    EXPECT_EQ(read("{}"), "ok");
    EXPECT_TRUE(patch.empty());
}

TEST_F(JsonPatch, refuses_with_one_error_that_names_the_setting) {
    EXPECT_EQ(read(R"({"log.level":"debug","no.such":1})"), "setting.unknown no.such");
    EXPECT_EQ(read(R"({"no.such":null})"), "setting.unknown no.such");
    EXPECT_EQ(read(R"({"mqtt.0.port":"8883"})"), "setting.type mqtt.0.port");
    EXPECT_EQ(read(R"({"mqtt.0.host":1})"), "setting.type mqtt.0.host");
    EXPECT_EQ(read(R"({"mqtt.0.host":true})"), "setting.type mqtt.0.host");
    EXPECT_EQ(read(R"({"wifi.0.hidden":"on"})"), "setting.type wifi.0.hidden");
    EXPECT_EQ(read(R"({"wifi.0.hidden":1})"), "setting.type wifi.0.hidden");
    EXPECT_EQ(read(R"({"mqtt.0.host":["a"]})"), "setting.type mqtt.0.host");
    EXPECT_EQ(read(R"({"mqtt.0.port":65536})"), "setting.range mqtt.0.port");
    EXPECT_EQ(read(R"({"mqtt.0.psk.0":"00"})"), "setting.length mqtt.0.psk.0");
    EXPECT_EQ(read(R"({"log.level":"loud"})"), "setting.choice log.level");
    EXPECT_EQ(read(R"({"ota.legacy_md5":true})"), "setting.local_only ota.legacy_md5");
    EXPECT_EQ(read(R"({"ota.key":null})"), "setting.local_only ota.key");
    const std::string long_name(60, 'x');
    EXPECT_EQ(read("{\"" + long_name + "\":1}"), "setting.unknown " + long_name.substr(0, name_max));
}

TEST_F(JsonPatch, refuses_what_is_no_object) {
    EXPECT_EQ(read(""), "json.syntax");
    EXPECT_EQ(read("[1]"), "config.not_object");
    EXPECT_EQ(read("\"x\""), "config.not_object");
    EXPECT_EQ(read(R"({"log.level":"info","log.level":"debug"})"), "json.duplicate");
    EXPECT_EQ(read(R"({"mqtt.0.port":1.5})"), "json.number");
    EXPECT_EQ(read("{\"mqtt.0.host\":\"\xFF\"}"), "json.syntax");
}

TEST_F(JsonPatch, refuses_more_than_a_patch_holds) {
    std::string json = "{";
    for (const auto* name : {"mqtt.0.host", "mqtt.1.host", "mqtt.2.host"}) {
        json += std::string(json.size() > 1 ? "," : "") + "\"" + name + "\":\"" + std::string(62, 'a') + "." +
                std::string(62, 'b') + "." + std::string(62, 'c') + "." + std::string(60, 'd') + "\"";
    }
    EXPECT_EQ(read(json + "}"), "ok");
}

}  // namespace
}  // namespace esb::settings
