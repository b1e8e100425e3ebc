// Choices, and values that must fit together.
#include "esb/settings/together.hpp"
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>

namespace esb::settings {
namespace {

constexpr Setting choice(std::string_view choices, std::string_view fallback = "slow") {
    return {.name = "app.speed", .type = Type::choice, .choices = choices, .fallback = fallback};
}

std::string outcome(std::string_view text) {
    constexpr auto speed = choice("slow|fast|faster");
    const auto value = parse(speed, text);
    return value ? "ok" : std::string(value.error().name());
}

TEST(Choice, is_one_of_its_words) {
    for (const auto* word : {"slow", "fast", "faster"}) EXPECT_EQ(outcome(word), "ok") << word;
    for (const auto* word : {"", "fas", "fastest", "slow|fast", "|", "SLOW"}) {
        EXPECT_EQ(outcome(word), "setting.choice") << word;
    }
}

TEST(Choice, needs_at_least_two_words_and_a_default_among_them) {
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

TEST_F(Together, a_static_address_needs_mask_and_gateway_in_its_network) {
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

struct StaticAddress {
    const char *ip, *mask, *gateway, *dns, *outcome;
};
constexpr StaticAddress static_addresses[] = {
    {"192.168.1.7", "255.255.255.0", "192.168.1.1", "", "ok"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.254", "9.9.9.9", "ok"},
    {"10.0.0.1", "255.255.255.252", "10.0.0.2", "10.0.0.2", "ok"},
    {"10.1.0.0", "255.0.0.0", "10.0.0.1", "", "ok"},          // ends in 0, and is a host
    {"10.1.0.255", "255.0.0.0", "10.255.255.254", "", "ok"},  // the same with 255
    {"169.254.3.4", "255.255.0.0", "169.254.0.1", "", "ok"},
    {"192.168.1.0", "255.255.255.0", "192.168.1.1", "", "setting.host_address"},
    {"192.168.1.255", "255.255.255.0", "192.168.1.1", "", "setting.host_address"},
    {"10.0.0.0", "255.255.255.252", "10.0.0.1", "", "setting.host_address"},
    {"10.0.0.3", "255.255.255.252", "10.0.0.1", "", "setting.host_address"},
    {"10.255.255.255", "255.0.0.0", "10.0.0.1", "", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.0", "", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.255", "", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.1", "192.168.1.255", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.1", "192.168.1.0", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.1", "192.168.1.7", "setting.host_address"},
    {"192.168.1.7", "255.255.255.0", "192.168.2.1", "", "setting.address"},
    {"192.168.1.7", "255.255.255.0", "192.168.1.7", "", "setting.address"},
    {"4.3.2.9", "255.255.255.0", "4.3.2.2", "", "setting.address_clash"},
    {"4.9.9.9", "255.0.0.0", "4.9.9.1", "", "setting.address_clash"},
};

TEST_F(Together, a_static_address_is_a_hosts_in_its_gateways_network) {
    for (const auto& [ip, mask, gateway, dns, outcome] : static_addresses) {
        SCOPED_TRACE(std::string(ip) + " " + mask + " " + gateway + " " + dns);
        ASSERT_EQ(set({{"wifi.ip", ""}}), "ok");
        EXPECT_EQ(set({{"wifi.ip", ip}, {"wifi.mask", mask}, {"wifi.gateway", gateway}, {"wifi.dns", dns}}), outcome);
        EXPECT_EQ(store.text("wifi.ip"), std::string_view(outcome) == "ok" ? ip : "");
    }
}

TEST_F(Together, some_addresses_no_host_has_anywhere) {
    unsigned count = 0;
    for (const auto* name : {"wifi.ip", "wifi.gateway", "wifi.dns", "ap.address"}) {
        for (const auto* address : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "224.0.0.1", "239.1.2.3",
                                    "240.0.0.1", "255.255.255.255"}) {
            EXPECT_EQ(set({{name, address}}), "setting.host_address") << name << " " << address;
            ++count;
        }
        for (const auto* address :
             {"10.0.0", "10.0.0.256", "10.0.0.1.", "0x0a.0.0.1", "1e1.0.0.1", " 10.0.0.1", "::1"}) {
            EXPECT_EQ(set({{name, address}}).substr(0, 8), "setting.") << name << " " << address;
            ++count;
        }
    }
    EXPECT_EQ(count, 60U);
}

TEST_F(Together, the_pages_address_lies_elsewhere) {
    ASSERT_EQ(set({{"wifi.ip", "192.168.4.7"}, {"wifi.mask", "255.255.255.0"}, {"wifi.gateway", "192.168.4.1"}}), "ok");
    EXPECT_EQ(set({{"ap.address", "192.168.4.2"}}), "setting.address_clash");
    EXPECT_EQ(set({{"ap.address", "192.168.5.1"}}), "ok");
    EXPECT_EQ(set({{"wifi.mask", "255.255.0.0"}}), "setting.address_clash");
    EXPECT_EQ(set({{"wifi.ip", ""}, {"wifi.mask", "255.255.0.0"}}), "ok") << "with DHCP the router decides";
}

TEST_F(Together, what_an_earlier_version_let_in_stops_no_other_change) {
    // 192.168.1.0 was stored when nobody looked.
    ASSERT_EQ(set({{"wifi.ip", "192.168.1.9"}, {"wifi.mask", "255.255.255.0"}, {"wifi.gateway", "192.168.1.1"}}), "ok");
    const auto stored = [&](std::string_view name) { return store.text(name); };
    ASSERT_EQ(stored("wifi.ip"), "192.168.1.9");
    Patch other(schema, Origin::console);
    ASSERT_TRUE(other.set("log.level", "debug"));
    const std::array<std::uint8_t, 0> none{};
    EXPECT_TRUE(check_together(none, none));
    EXPECT_TRUE(check_together(other.records(), other.records()));
    Patch bad(schema, Origin::console);
    ASSERT_TRUE(bad.set("wifi.ip", "192.168.1.0") && bad.set("wifi.mask", "255.255.255.0") &&
                bad.set("wifi.gateway", "192.168.1.1"));
    EXPECT_EQ(check_together(bad.records(), none).error(), errors::setting_host_address);
    EXPECT_TRUE(check_together(bad.records(), bad.records()));
}

TEST_F(Together, a_mask_is_ones_then_zeros) {
    for (const auto* mask : {"255.255.255.0", "255.0.0.0", "255.255.255.252", "128.0.0.0"}) {
        EXPECT_EQ(set({{"wifi.mask", mask}}), "ok") << mask;
    }
    for (const auto* mask : {"0.0.0.0", "255.0.255.0", "255.255.255.255", "255.255.255.254", "0.255.255.255", "24"}) {
        EXPECT_EQ(set({{"wifi.mask", mask}}), "setting.format") << mask;
    }
}

TEST_F(Together, forms_of_the_new_settings) {
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
