// Choices, and values that must fit together.
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>

namespace esb::settings {
namespace {

constexpr Setting choice(std::string_view choices, std::string_view fallback = "slow") {
    return {"app.speed", Type::choice, 0, 0, fallback, Stage::none, false, false, "", nullptr, choices};
}

std::string outcome(std::string_view text) {
    constexpr auto speed = choice("slow|fast|faster");
    const auto value = parse(speed, text);
    return value ? "ok" : std::string(value.error().name());
}

TEST(Choice, IsOneOfItsWords) {
    for (const auto* word : {"slow", "fast", "faster"}) EXPECT_EQ(outcome(word), "ok") << word;
    for (const auto* word : {"", "fas", "fastest", "slow|fast", "|", "SLOW"}) {
        EXPECT_EQ(outcome(word), "setting.choice") << word;
    }
}

TEST(Choice, NeedsAtLeastTwoWordsAndADefaultAmongThem) {
    for (const auto* choices : {"", "slow", "|slow", "slow|", "slow||fast"}) {
        Schema schema;
        const std::array table = {choice(choices)};
        EXPECT_FALSE(schema.add(table)) << choices;
    }
    Schema schema;
    const std::array stranger = {choice("slow|fast", "other")};
    EXPECT_FALSE(schema.add(stranger));
    const std::array good = {choice("slow|fast")};
    EXPECT_TRUE(schema.add(good));
}

class Together : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(store.load()); }
    std::string set(std::initializer_list<std::array<std::string_view, 2>> changes) {
        Patch patch(schema, Origin::console);
        for (const auto& [name, text] : changes) {
            if (const auto put = patch.set(name, text); !put) return std::string(put.error().name());
        }
        const auto done = store.commit(patch);
        return done ? "ok" : std::string(done.error().name());
    }
    test::MemoryKeyValue flash;
    Schema schema;
    Store store{flash, schema};
};

TEST_F(Together, AStaticAddressNeedsMaskAndGatewayInItsNetwork) {
    EXPECT_EQ(set({{"wifi.ip", "10.0.0.7"}}), "setting.address");
    EXPECT_EQ(set({{"wifi.ip", "10.0.0.7"}, {"wifi.mask", "255.255.255.0"}}), "setting.address");
    EXPECT_EQ(set({{"wifi.mask", "255.255.255.0"}, {"wifi.gateway", "10.0.1.1"}}), "ok") << "DHCP still";
    EXPECT_EQ(set({{"wifi.ip", "10.0.0.7"}}), "setting.address") << "another network";
    EXPECT_EQ(set({{"wifi.gateway", "10.0.0.7"}, {"wifi.ip", "10.0.0.7"}}), "setting.address") << "itself";
    EXPECT_FALSE(store.is_set("wifi.ip"));
    EXPECT_EQ(set({{"wifi.gateway", "10.0.0.1"}, {"wifi.ip", "10.0.0.7"}}), "ok");
    EXPECT_EQ(set({{"wifi.mask", ""}}), "setting.address");
    EXPECT_EQ(set({{"wifi.ip", ""}, {"wifi.mask", ""}}), "ok");
}

TEST_F(Together, AMaskIsOnesThenZeros) {
    for (const auto* mask : {"255.255.255.0", "255.0.0.0", "255.255.255.252", "128.0.0.0"}) {
        EXPECT_EQ(set({{"wifi.mask", mask}}), "ok") << mask;
    }
    for (const auto* mask : {"0.0.0.0", "255.0.255.0", "255.255.255.255", "255.255.255.254", "0.255.255.255", "24"}) {
        EXPECT_EQ(set({{"wifi.mask", mask}}), "setting.format") << mask;
    }
}

TEST_F(Together, FormsOfTheNewSettings) {
    EXPECT_EQ(set({{"wifi.country", "DE"}, {"wifi.host", "green-house"}, {"mqtt.0.base", "site/house-1"}}), "ok");
    for (const auto* country : {"de", "D", "D1"})
        EXPECT_EQ(set({{"wifi.country", country}}), "setting.format") << country;
    for (const auto* host : {"-a", "a_b", "a.b", "a b"})
        EXPECT_EQ(set({{"wifi.host", host}}), "setting.format") << host;
    for (const auto* base : {"/a", "a/", "a//b", "a/#", "+", "$SYS"}) {
        EXPECT_EQ(set({{"mqtt.0.base", base}}), "setting.format") << base;
    }
    const std::string key = std::string(43, 'x') + "." + std::string(43, 'y');
    EXPECT_EQ(set({{"ota.key", key}}), "ok");
    EXPECT_EQ(set({{"ota.key", key.substr(1)}}), "setting.format");
    EXPECT_EQ(set({{"ota.key", std::string(87, 'x')}}), "setting.format");
}

}  // namespace
}  // namespace esb::settings
