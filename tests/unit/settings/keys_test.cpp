// The base's settings by key: types that do not compile, rows in their places, and values that are found where they are.
#include "esb/settings/keys.hpp"
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace esb::settings {
namespace {

template <typename K>
concept Boolean = requires(const Store& store, K key) {
    store.boolean(key);
};
template <typename K>
concept Integer = requires(const Store& store, K key) {
    store.integer(key);
};
template <typename K>
concept Text = requires(const Store& store, K key) {
    store.text(key);
};
template <typename K>
concept Bytes = requires(const Store& store, K key) {
    store.bytes(key);
};

// Readable as what it is, and as nothing else.
template <Type T>
constexpr bool readable(bool boolean, bool integer, bool text, bool bytes) {
    return Boolean<Key<T>> == boolean && Integer<Key<T>> == integer && Text<Key<T>> == text && Bytes<Key<T>> == bytes;
}
static_assert(readable<Type::boolean>(true, false, false, false));
static_assert(readable<Type::integer>(false, true, false, false));
static_assert(readable<Type::text>(false, false, true, false));
static_assert(readable<Type::choice>(false, false, true, false));
static_assert(readable<Type::octets>(false, false, false, true));
static_assert(readable<Type::key>(false, false, false, true));

static_assert(!Boolean<decltype(names::wifi_host)> && Text<decltype(names::wifi_host)>);
static_assert(!Text<decltype(names::mqtt_port)> && Integer<decltype(names::mqtt_port)>);
// By name every read compiles; what it says of another type is said in store_test.cpp.
static_assert(Boolean<std::string_view> && Integer<const char*> && Text<std::string> && Bytes<std::string_view>);

TEST(Keys, have_the_names_of_their_rows) {
    EXPECT_EQ(base_table().size(), base_size);
    EXPECT_EQ(names::wifi_ssid.name(), "wifi.0.ssid");
    EXPECT_EQ(names::networks[3].priority.name(), "wifi.3.priority");
    EXPECT_EQ(names::wifi_country.name(), "wifi.country");
    EXPECT_EQ(names::mqtt_host.name(), "mqtt.0.host");
    EXPECT_EQ(names::brokers[1].psk[1].name(), "mqtt.1.psk.1");
    EXPECT_EQ(names::brokers[2].base.name(), "mqtt.2.base");
    EXPECT_EQ(names::settings_signed.name(), "settings.signed");
    EXPECT_EQ(names::ha_discovery.name(), "ha.discovery");
}

TEST(Keys, find_the_row_that_the_name_finds) {
    Schema schema;
    ASSERT_TRUE(schema.set_fallback("settings.signed", "on"));
    for (std::size_t row = 0; row < base_size; ++row) {
        const AnyKey key(row);
        EXPECT_EQ(&schema.at(key), schema.find(key.name())) << key.name();
        EXPECT_EQ(&schema.at(key), &schema.at(row)) << key.name();
    }
    EXPECT_EQ(schema.at(names::settings_signed).fallback, "on");
}

class ByKey : public testing::Test {
protected:
    test::MemoryKeyValue key_value;
    Schema schema;
    Store store{key_value, schema};

    void SetUp() override { ASSERT_TRUE(store.load()); }
    // What is read by key is what is read by name, for every setting of the base.
    void expect_same(const Store& it) const {
        for (std::size_t row = 0; row < base_size; ++row) {
            const AnyKey key(row);
            EXPECT_EQ(it.is_set(key), it.is_set(key.name())) << key.name();
        }
        for (const auto& network : names::networks) {
            EXPECT_TRUE(equal(it.bytes(network.ssid), it.bytes(network.ssid.name())));
            EXPECT_EQ(it.text(network.pass), it.text(network.pass.name()));
            EXPECT_EQ(it.boolean(network.hidden), it.boolean(network.hidden.name()));
            EXPECT_EQ(it.integer(network.priority), it.integer(network.priority.name()));
        }
        for (const auto& broker : names::brokers) {
            EXPECT_EQ(it.text(broker.host), it.text(broker.host.name()));
            EXPECT_EQ(it.integer(broker.port), it.integer(broker.port.name()));
            EXPECT_TRUE(equal(it.bytes(broker.psk[0]), it.bytes(broker.psk[0].name())));
        }
        EXPECT_EQ(it.text(names::log_level), it.text("log.level"));
        EXPECT_EQ(it.text(names::ap_address), it.text("ap.address"));
        EXPECT_EQ(it.integer(names::config_confirm), it.integer("config.confirm"));
        EXPECT_EQ(it.boolean(names::ha_discovery), it.boolean("ha.discovery"));
    }
    void fill(Patch& patch) const {
        ASSERT_TRUE(patch.set(names::networks[2].ssid, "two") && patch.set(names::networks[2].hidden, "on"));
        ASSERT_TRUE(patch.set(names::networks[1].priority, "9") && patch.set(names::log_level, "debug"));
        ASSERT_TRUE(patch.set(names::mqtt_port, "1883") && patch.set(names::mqtt_host, "broker.example"));
        ASSERT_TRUE(patch.set_bytes(names::mqtt_psk, as_bytes("0123456789abcdef")));
        ASSERT_TRUE(patch.set(names::config_confirm, "600") && patch.unset(names::ap_address));
    }
};

TEST_F(ByKey, defaults_and_stored_values_are_those_by_name) {
    expect_same(store);
    EXPECT_EQ(store.integer(names::mqtt_port), 8883);
    EXPECT_EQ(store.text(names::time_server), "pool.ntp.org");
    Patch patch(schema, Origin::console);
    fill(patch);
    ASSERT_TRUE(store.commit(patch));
    expect_same(store);
    EXPECT_EQ(store.integer(names::mqtt_port), 1883);
    EXPECT_EQ(store.text(names::log_level), "debug");
    EXPECT_TRUE(store.boolean(names::networks[2].hidden));
    EXPECT_EQ(store.integer(names::networks[1].priority), 9);
    EXPECT_EQ(as_text(store.bytes(names::mqtt_psk)), "0123456789abcdef");
    Store again(key_value, schema);
    ASSERT_TRUE(again.load());
    expect_same(again);
    EXPECT_EQ(again.integer(names::config_confirm), 600);
}

TEST_F(ByKey, every_change_of_the_values_is_followed) {
    Patch patch(schema, Origin::console);
    fill(patch);
    ASSERT_TRUE(store.stage(patch));
    expect_same(store);
    ASSERT_TRUE(store.revert());
    expect_same(store);
    EXPECT_FALSE(store.is_set(names::mqtt_port));
    ASSERT_TRUE(store.stage(patch) && store.confirm(Stage::network) && store.confirm(Stage::broker));
    expect_same(store);
    EXPECT_TRUE(store.is_set(names::mqtt_port));
    constexpr AnyKey kept[] = {names::mqtt_psk, names::log_level};
    ASSERT_TRUE(store.erase_all_but(kept));
    expect_same(store);
    EXPECT_EQ(store.text(names::log_level), "debug");
    EXPECT_EQ(store.integer(names::mqtt_port), 8883);
    ASSERT_TRUE(store.erase_all());
    expect_same(store);
    EXPECT_TRUE(store.bytes(names::mqtt_psk).empty());
    key_value.fail_at(1);
    EXPECT_FALSE(store.commit(patch));
    expect_same(store);
}

TEST_F(ByKey, what_todays_rules_refuse_is_not_there) {
    std::array<std::uint8_t, 64> bytes{};
    ByteWriter writer(MutBytes(bytes).subspan(blob_header_size));
    const std::array<std::uint8_t, 8> nothing{};
    encode({"mqtt.0.port", nothing, false}, writer);
    encode({"wifi.country", as_bytes("DE"), false}, writer);
    const auto blob = MutBytes(bytes).first(blob_header_size + writer.size());
    seal_blob(blob, {blob_version, 0, 1, {}});
    ASSERT_TRUE(key_value.put("cfg.a", blob));
    ASSERT_TRUE(store.load());
    expect_same(store);
    EXPECT_EQ(store.integer(names::mqtt_port), 8883);
    EXPECT_FALSE(store.is_set(names::mqtt_port));
    EXPECT_EQ(store.text(names::wifi_country), "DE");
}

TEST(Errors, are_listed_once_each) {
    std::set<std::string_view> seen;
    for (const auto* error : all_errors) EXPECT_TRUE(seen.insert(error->name).second) << error->name;
    EXPECT_TRUE(seen.contains("setting.unknown") && seen.contains("trust.lost") && seen.contains("config.taken_back"));
}

}  // namespace
}  // namespace esb::settings
