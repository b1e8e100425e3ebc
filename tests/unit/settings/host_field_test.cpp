// What people type into a field for a host.
#include "esb/settings/host_field.hpp"

#include "esb/base/features.hpp"
#include "esb/settings/json_patch.hpp"
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::settings {
namespace {

std::string apart(std::string_view text, HostOf whose = HostOf::broker) {
    const auto field = split_host(text, whose);
    if (!field) return std::string(field.error().name());
    return std::string(field->host) + (field->port ? " " + std::to_string(*field->port) : "");
}

struct Case {
    const char* text;
    const char* outcome;
};

TEST(HostField, is_taken_apart_where_one_thing_is_meant) {
    constexpr Case cases[] = {
        {"broker.example", "broker.example"},
        {" broker.example\t", "broker.example"},
        {"\xEF\xBB\xBF"
         "broker.example\r\n",
         "broker.example"},
        {"broker.example.", "broker.example"},
        {"broker.example.:8884", "broker.example 8884"},
        {"broker.example:8883", "broker.example 8883"},
        {"10.0.0.5:1", "10.0.0.5 1"},
        {"mqtts://broker.example", "broker.example"},
        {"MQTTS://Broker.Example:8884/", "Broker.Example 8884"},
        {"ssl://10.0.0.5:8883", "10.0.0.5 8883"},
        {"tls://h/", "h"},
        {"", ""},
        {"   ", ""},
        {"mqtt://broker.example", "host.scheme"},
        {"mqtt://broker.example:8883", "host.scheme"},
        {"tcp://h:1883", "host.scheme"},
        {"http://h", "host.scheme"},
        {"https://h:8883", "host.scheme"},
        {"wss://h/mqtt", "host.scheme"},
        {"ws://h", "host.scheme"},
        {"://h", "host.scheme"},
        {"mqtts://", "host.parts"},
        {"mqtts://user@h", "host.parts"},
        {"user:pass@h:8883", "host.parts"},
        {"h/path", "host.parts"},
        {"h?x", "host.parts"},
        {"h#x", "host.parts"},
        {"h\\x", "host.parts"},
        {":8883", "host.parts"},
        {"[::1]:8883", with_ipv6 ? "::1 8883" : "host.ipv6"},
        {"mqtts://[2001:db8::1]/", with_ipv6 ? "2001:db8::1" : "host.ipv6"},
        {"2001:db8::1", with_ipv6 ? "2001:db8::1" : "host.ipv6"},
        {"::ffff:192.0.2.1", with_ipv6 ? "::ffff:192.0.2.1" : "host.ipv6"},
        {"[2001:db8::1", "host.ipv6"},
        {"[]", "host.ipv6"},
        {"[192.0.2.1]", "host.ipv6"},
        {"[2001:db8::1%eth0]", "host.ipv6"},
        {"2001:db8:::1", "host.ipv6"},
        {"h:1:2", "host.ipv6"},
        {"[::1]8883", "host.port"},
        {"[::1]:", "host.port"},
        {"[::1]:0", "host.port"},
        {"h:", "host.port"},
        {"h:0", "host.port"},
        {"h:65536", "host.port"},
        {"h:8883x", "host.port"},
        {"h:+1", "host.port"},
        {"h: 8883", "host.port"},
    };
    for (const auto& [text, outcome] : cases) EXPECT_EQ(apart(text), outcome) << text;
    constexpr Case times[] = {
        {"pool.ntp.org", "pool.ntp.org"},
        {"ntp://pool.ntp.org", "pool.ntp.org"},
        {"NTP://pool.ntp.org.:123/", "pool.ntp.org"},
        {"pool.ntp.org:124", "host.port"},
        {"mqtts://pool.ntp.org", "host.scheme"},
        {"https://time.example", "host.scheme"},
    };
    for (const auto& [text, outcome] : times) EXPECT_EQ(apart(text, HostOf::time_server), outcome) << text;
}

class HostPatch : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(store.load()); }
    std::string json(std::string_view text) {
        Patch patch(schema, Origin::mqtt);
        FixedString<name_max> offending;
        const auto read = read_json_patch(as_bytes(text), patch, offending);
        const auto done = read ? store.commit(patch) : read;
        if (!done) return std::string(done.error().name());
        return std::string(store.text("mqtt.0.host")) + ":" + std::to_string(store.integer("mqtt.0.port"));
    }
    test::MemoryKeyValue flash;
    Schema schema;
    Store store{flash, schema};
};

TEST_F(HostPatch, the_port_goes_into_its_own_setting) {
    EXPECT_EQ(json(R"({"mqtt.0.host":"mqtts://h.example:8884"})"), "h.example:8884");
    EXPECT_EQ(json(R"({"mqtt.0.host":"h.example."})"), "h.example:8884") << "said before, and not now";
    EXPECT_EQ(json(R"({"mqtt.0.host":"h:8885","mqtt.0.port":8885})"), "h:8885");
    EXPECT_EQ(json(R"({"mqtt.1.host":"h2:7000"})"), "h:8885");
    EXPECT_EQ(store.integer("mqtt.1.port"), 7000);
}

TEST_F(HostPatch, two_ports_in_one_change_are_refused_in_either_order) {
    EXPECT_EQ(json(R"({"mqtt.0.host":"h:8885","mqtt.0.port":8883})"), "host.port");
    EXPECT_EQ(json(R"({"mqtt.0.port":8883,"mqtt.0.host":"h:8885"})"), "host.port");
    EXPECT_EQ(json(R"({"mqtt.0.host":"h:8885","mqtt.0.port":null})"), "host.port");
    EXPECT_EQ(json(R"({"mqtt.0.port":null,"mqtt.0.host":"h:8885"})"), "host.port");
    EXPECT_FALSE(store.is_set("mqtt.0.host"));
    EXPECT_EQ(json(R"({"mqtt.0.host":"two words"})"), "setting.format");
    EXPECT_EQ(json(R"({"mqtt.0.host":"bücher.example"})"), "setting.format");
    EXPECT_EQ(json(R"({"mqtt.0.host":"..:8884"})"), "setting.format");
    EXPECT_FALSE(store.is_set("mqtt.0.port"));
    EXPECT_EQ(json(R"({"time.server":"ntp://time.example:123"})"), ":8883");
    EXPECT_EQ(store.text("time.server"), "time.example");
}

TEST_F(HostPatch, a_patch_from_a_file) {
    EXPECT_EQ(json("\xEF\xBB\xBF{\"mqtt.0.host\":\"h\"}\r\n"), "h:8883");
    EXPECT_EQ(json("{\xEF\xBB\xBF\"mqtt.0.host\":\"h\"}"), "json.syntax") << "never inside";
}

}  // namespace
}  // namespace esb::settings
