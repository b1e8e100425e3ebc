// Every way to a setting, every setting that protects, every way to say "nothing" or too little: never weaker than born.
#include "esb/settings/json_patch.hpp"
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace esb::settings {
namespace {

const std::string key_text(32, 'b');
const std::string other_key(32, 'c');

enum class Say : std::uint8_t { empty, null, zero_bytes, short_value };
enum class Form : std::uint8_t { json, text };

struct Way {
    std::string_view name;
    Origin origin;
    Form form;
};
constexpr Way ways[] = {
    {"<base>/config", Origin::mqtt, Form::json}, {"page", Origin::portal, Form::json},
    {"console", Origin::console, Form::text},    {"author", Origin::firmware, Form::text},
    {"text by MQTT", Origin::mqtt, Form::text},  {"author's JSON", Origin::firmware, Form::json},
};

class Protection : public testing::Test {
protected:
    test::MemoryKeyValue key_value;
    Schema schema;
    std::optional<Store> store;

    void SetUp() override {
        key_value.values.clear();
        store.emplace(key_value, schema);
        ASSERT_TRUE(store->load());
        put({{"ap.pass", "correct horse"},
             {"mqtt.0.psk.0", key_text},
             {"mqtt.1.host", "b.example"},
             {"mqtt.1.psk.1", key_text},
             {"wifi.0.ssid", "Home"},
             {"wifi.0.pass", "battery staple"}});
    }
    void put(std::initializer_list<std::array<std::string_view, 2>> values) {
        Patch patch(schema, Origin::firmware);
        for (const auto& [name, text] : values) ASSERT_TRUE(patch.set(name, text)) << name;
        ASSERT_TRUE(store->commit(patch));
    }
    Status json(Origin origin, const std::string& text) {
        Patch patch(schema, origin);
        FixedString<name_max> offending;
        ESB_TRY(read_json_patch(as_bytes(text), patch, offending));
        return store->commit(patch);
    }
    Status say(const Way& way, std::string_view name, Say what) {
        const std::string quoted = "\"" + std::string(name) + "\"";
        const auto* setting = schema.find(name);
        const std::string zeros = setting->type == Type::key ? std::string(32, '0') : std::string();
        const std::string brief = setting->type == Type::key ? "00112233" : "1234567";
        if (way.form == Form::json) {
            switch (what) {
                case Say::empty:
                    return json(way.origin, "{" + quoted + ":\"\"}");
                case Say::null:
                    return json(way.origin, "{" + quoted + ":null}");
                case Say::zero_bytes:
                    return json(way.origin, "{" + quoted + ":\"" + zeros + "\"}");
                case Say::short_value:
                    return json(way.origin, "{" + quoted + ":\"" + brief + "\"}");
            }
        }
        Patch patch(schema, way.origin);
        if (what == Say::null) {
            ESB_TRY(patch.unset(name));
        } else {
            ESB_TRY(patch.set(name, what == Say::empty ? "" : what == Say::zero_bytes ? zeros : brief));
        }
        return store->commit(patch);
    }
};

TEST_F(Protection, no_way_takes_a_secret_away_or_makes_it_guessable) {
    unsigned tried = 0;
    for (const auto& way : ways) {
        for (const auto* name : {"ap.pass", "mqtt.0.psk.0", "mqtt.1.psk.1", "wifi.0.pass"}) {
            for (const auto what : {Say::empty, Say::null, Say::zero_bytes, Say::short_value}) {
                SetUp();
                const std::vector<std::uint8_t> before(key_value.values["cfg.a"]);
                const bool open_network =
                    std::string_view(name) == "wifi.0.pass" && way.origin != Origin::mqtt && what != Say::short_value;
                const bool own = std::string_view(name) == "ap.pass" || std::string_view(name) == "mqtt.0.psk.0";
                const bool text = schema.find(name)->type == Type::text;
                const bool dropped = what == Say::empty || what == Say::null || (text && what == Say::zero_bytes);
                const auto done = say(way, name, what);
                ++tried;
                if (way.origin == Origin::console && own && dropped) {  // the next start makes a new one and shows it
                    EXPECT_TRUE(done) << name;
                    continue;
                }
                if (open_network) {  // whoever stands before the device knows whether his network is open
                    EXPECT_TRUE(done) << way.name << " " << name;
                    continue;
                }
                ASSERT_FALSE(done) << way.name << " " << name << " " << static_cast<int>(what);
                const auto why = done.error();
                EXPECT_TRUE(why == errors::setting_needed || why == errors::setting_length ||
                            why == errors::setting_format)
                    << why.name();
                EXPECT_EQ(store->text("ap.pass"), "correct horse");
                EXPECT_EQ(store->bytes("mqtt.0.psk.0").size(), 16U);
                EXPECT_EQ(store->bytes("mqtt.1.psk.1").size(), 16U);
                EXPECT_EQ(store->text("wifi.0.pass"), "battery staple");
            }
        }
    }
    std::cout << "[  ways    ] " << tried << " ways x secrets x values\n";
}

TEST_F(Protection, local_only_settings_do_not_change_from_afar_at_all) {
    unsigned tried = 0;
    for (const auto& way : ways) {
        if (way.origin != Origin::mqtt) continue;
        for (const auto& setting : base_table()) {
            if (!setting.local_only) continue;
            for (const auto what : {Say::empty, Say::null, Say::zero_bytes, Say::short_value}) {
                const auto done = say(way, setting.name, what);
                ASSERT_FALSE(done) << setting.name;
                const bool by_name = done.error() == errors::setting_local_only || done.error() == errors::setting_type;
                EXPECT_TRUE(by_name) << setting.name << " " << done.error().name();
                ++tried;
            }
        }
    }
    EXPECT_GE(tried, 24U);
    std::cout << "[  ways    ] " << tried << " ways x local-only settings x values\n";
}

TEST_F(Protection, a_key_goes_when_another_is_there) {
    put({{"mqtt.0.psk.1", other_key}});
    EXPECT_TRUE(json(Origin::mqtt, R"({"mqtt.0.psk.0":null})")) << "the end of a rotation";
    EXPECT_EQ(json(Origin::mqtt, R"({"mqtt.0.psk.1":null})").error(), errors::setting_needed);
    EXPECT_TRUE(json(Origin::mqtt, R"({"mqtt.0.psk.0":")" + key_text + R"(","mqtt.0.psk.1":null})")) << "in one step";
}

TEST_F(Protection, a_fall_back_broker_goes_with_its_key) {
    EXPECT_EQ(json(Origin::mqtt, R"({"mqtt.1.psk.1":null})").error(), errors::setting_needed);
    EXPECT_TRUE(json(Origin::mqtt, R"({"mqtt.1.psk.1":null,"mqtt.1.host":null})"));
}

TEST_F(Protection, another_network_may_be_open) {
    EXPECT_TRUE(json(Origin::mqtt, R"({"wifi.0.ssid":"Cafe","wifi.0.pass":null})"));
}

}  // namespace
}  // namespace esb::settings
