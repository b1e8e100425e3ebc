// Settings that the first release has stored (format version 1), byte for byte as it wrote them.
#include "esb/base/encoding.hpp"
#include "esb/settings/store.hpp"
#include "host/vchip/key_value.hpp"
#include "support/cuts.hpp"
#include "support/memory_key_value.hpp"
#include "support/nvs_key.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace esb::settings {
namespace {

constexpr std::string_view older =
    "45534253010068000100000"
    "0a84ee5f20b6d7174742e302e686f73740e0062726f6b65722e6578616d706c650c6d7174742e302e70736b2e301000001122334455667788"
    "99aabbccddeeff0b776966692e302e706173730d00636f727265637420686f7273650b776966692e302e737369640400486f6d65";
constexpr std::string_view newer =
    "4553425301007e00020000008b4b09a5"
    "0b6d7174742e302e686f73740e0062726f6b65722e6578616d706c650b6d7174742e302e706f727408005b070000000000000c6d7174742e30"
    "2e70736b2e30100000112233445566778899aabbccddeeff0b776966692e302e706173730d00636f727265637420686f7273650b776966692e"
    "302e737369640400486f6d65";

std::vector<std::uint8_t> bytes(std::string_view digits) {
    std::vector<std::uint8_t> out(digits.size() / 2);
    EXPECT_TRUE(hex_decode(digits, out));
    return out;
}

void expect_first_release(const Store& store) {
    EXPECT_EQ(store.text(names::mqtt_host), "broker.example");
    EXPECT_EQ(store.integer(names::mqtt_port), 1883);
    EXPECT_EQ(store.bytes(names::mqtt_psk).size(), 16U);
    EXPECT_EQ(as_text(store.bytes(names::wifi_ssid)), "Home");
    EXPECT_EQ(store.text(names::wifi_pass), "correct horse");
}

Status set_host(Store& store, const Schema& schema, std::string_view host, bool on_trial = false) {
    Patch patch(schema, Origin::console);
    ESB_TRY(patch.set(names::mqtt_host, host));
    return on_trial ? store.stage(patch) : store.commit(patch);
}

class Migration : public testing::Test {
protected:
    Migration() {
        flash.values["cfg.a"] = bytes(older);
        flash.values["cfg.b"] = bytes(newer);
    }
    test::MemoryKeyValue flash;
    Schema schema;
};

TEST_F(Migration, the_newest_generation_is_read_without_a_write) {
    Store store(flash, schema);
    EXPECT_EQ(*store.load(), Loaded::stored);
    expect_first_release(store);
    EXPECT_EQ(flash.writes(), 0U);
}

TEST_F(Migration, a_damaged_one_leaves_the_other) {
    flash.values["cfg.b"].back() ^= 1;
    Store store(flash, schema);
    EXPECT_EQ(*store.load(), Loaded::recovered);
    EXPECT_EQ(store.integer(names::mqtt_port), 8883);
    EXPECT_EQ(store.text(names::wifi_pass), "correct horse");
}

TEST_F(Migration, the_next_change_is_written_in_todays_form) {
    {
        Store store(flash, schema);
        ASSERT_TRUE(store.load());
        ASSERT_TRUE(set_host(store, schema, "new.example"));
    }
    EXPECT_EQ(flash.values["cfg.a"][4], blob_version);
    Store again(flash, schema);
    EXPECT_EQ(*again.load(), Loaded::stored);
    EXPECT_EQ(again.text(names::mqtt_host), "new.example");
    EXPECT_EQ(again.integer(names::mqtt_port), 1883);
}

TEST_F(Migration, a_trial_goes_back_to_the_first_releases_values) {
    Store store(flash, schema);
    ASSERT_TRUE(store.load());
    ASSERT_TRUE(set_host(store, schema, "trial.example", true));
    ASSERT_TRUE(store.revert());
    expect_first_release(store);
    ASSERT_TRUE(set_host(store, schema, "trial.example", true));
    Store again(flash, schema);
    EXPECT_EQ(*again.load(), Loaded::reverted);
    expect_first_release(again);
}

TEST(MigrationUnderPowerCuts, old_or_new_never_half) {
    constexpr std::size_t flash_size = 4 * vchip::erase_unit;
    const auto region = [](vchip::Flash& flash) { return vchip::Region(flash, 0, flash_size); };
    const Schema schema;
    const auto prepare = [&] {
        vchip::MemoryStore memory(flash_size);
        vchip::Flash flash(memory);
        vchip::KeyValue key_value(region(flash), test::nvs_cipher());
        EXPECT_TRUE(key_value.mount());
        EXPECT_TRUE(key_value.put("cfg.a", bytes(older)));
        EXPECT_TRUE(key_value.put("cfg.b", bytes(newer)));
        return memory;
    };
    const auto run = [&](vchip::Flash& flash) {
        vchip::KeyValue key_value(region(flash), test::nvs_cipher());
        Store store(key_value, schema);
        if (!key_value.mount() || !store.load()) return;
        if (!set_host(store, schema, "one.example")) return;
        static_cast<void>(set_host(store, schema, "two.example"));
    };
    const auto check = [&](vchip::Flash& flash) -> vchip::Verdict {
        vchip::KeyValue key_value(region(flash), test::nvs_cipher());
        Store store(key_value, schema);
        if (!key_value.mount()) return "no store";
        const auto loaded = store.load();
        if (!loaded || *loaded != Loaded::stored) return "not loaded";
        const auto host = store.text(names::mqtt_host);
        const bool known = host == "broker.example" || host == "one.example" || host == "two.example";
        if (!known || store.integer(names::mqtt_port) != 1883) return "half: " + std::string(host);
        return {};
    };
    EXPECT_TRUE(test::survives_cuts("migration", {prepare, run, check}, {}));
}

}  // namespace
}  // namespace esb::settings
