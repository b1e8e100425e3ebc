#include "esb/settings/store.hpp"

#include "esb/base/identity.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace esb::settings {
namespace {

using test::MemoryKeyValue;

class StoreTest : public ::testing::Test {
protected:
    // What a restart of the device does.
    Result<Loaded> restart() {
        store = std::make_unique<Store>(flash, schema);
        return store->load();
    }
    void SetUp() override { ASSERT_EQ(*restart(), Loaded::fresh); }

    Status change(Status (*how)(Store&, const Patch&), std::string_view name, std::string_view text) {
        Patch patch(schema, Origin::console);
        ESB_TRY(patch.set(name, text));
        return how(*store, patch);
    }
    Status commit(std::string_view name, std::string_view text) {
        return change([](Store& to, const Patch& patch) { return to.commit(patch); }, name, text);
    }
    Status stage(std::string_view name, std::string_view text) {
        return change([](Store& to, const Patch& patch) { return to.stage(patch); }, name, text);
    }
    std::string host() const { return std::string(store->text(names::mqtt_host)); }
    void damage(const char* key) { flash.values[key].back() ^= 1; }

    Schema schema;
    MemoryKeyValue flash;
    std::unique_ptr<Store> store;
};

// --- patch

TEST(Patch, refuses_with_one_clear_error_and_stays_as_it_was) {
    const Schema schema;
    Patch patch(schema, Origin::mqtt);
    ASSERT_TRUE(patch.set(names::mqtt_port, "1883"));
    const std::vector<std::uint8_t> before(patch.records().begin(), patch.records().end());
    EXPECT_EQ(patch.set("mqtt.9.host", "x").error(), errors::setting_unknown);
    EXPECT_EQ(patch.set(names::mqtt_port, "0").error(), errors::setting_range);
    EXPECT_EQ(patch.set(names::mqtt_port, "many").error(), errors::setting_type);
    EXPECT_EQ(patch.set(names::mqtt_ident, "a/b").error(), errors::bad_identity);
    EXPECT_EQ(patch.set(names::ota_legacy_md5, "on").error(), errors::setting_local_only);
    EXPECT_EQ(patch.set_bytes(names::ota_legacy_md5, {}).error(), errors::setting_local_only);
    EXPECT_EQ(patch.unset(names::ota_legacy_md5).error(), errors::setting_local_only);
    EXPECT_EQ(patch.set_bytes(names::mqtt_psk, as_bytes("short")).error(), errors::setting_length);
    EXPECT_EQ(patch.unset("nothing").error(), errors::setting_unknown);
    EXPECT_TRUE(equal(patch.records(), before));
}

TEST(Patch, local_only_settings_change_from_everywhere_but_mqtt) {
    const Schema schema;
    for (const auto origin : {Origin::console, Origin::portal, Origin::firmware}) {
        EXPECT_TRUE(Patch(schema, origin).set(names::ota_legacy_md5, "on"));
    }
}

TEST(Patch, equal_changes_in_any_order_make_equal_records) {
    const Schema schema;
    Patch one(schema, Origin::console);
    Patch two(schema, Origin::console);
    ASSERT_TRUE(one.set(names::wifi_ssid, "home") && one.set(names::mqtt_host, "broker") && one.unset(names::ap_pass));
    ASSERT_TRUE(two.set(names::mqtt_host, "something.longer") && two.unset(names::ap_pass));
    ASSERT_TRUE(two.set(names::wifi_ssid, "x") && two.set(names::mqtt_host, "broker"));
    ASSERT_TRUE(two.set_bytes(names::wifi_ssid, as_bytes("home")));
    EXPECT_TRUE(equal(one.records(), two.records()));
    two.clear();
    EXPECT_TRUE(two.empty());
}

TEST(Patch, reports_when_it_is_full) {
    std::array<std::string, 8> names_;
    std::vector<Setting> table;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        names_[i] = "big." + std::to_string(i);
        table.push_back({.name = names_[i], .type = Type::text});
    }
    Schema schema;
    ASSERT_TRUE(schema.add(table));
    Patch patch(schema, Origin::console);
    const std::string value(value_max, 'v');
    std::size_t fitted = 0;
    while (fitted < table.size() && patch.set(names_[fitted], value)) ++fitted;
    EXPECT_EQ(fitted, (blob_max / 2) / (1 + 5 + 2 + value_max));
    const std::vector<std::uint8_t> before(patch.records().begin(), patch.records().end());
    EXPECT_EQ(patch.set(names_[fitted], value).error(), errors::settings_full);
    EXPECT_TRUE(equal(patch.records(), before));
    EXPECT_TRUE(patch.set(names_[0], "short"));
    EXPECT_TRUE(patch.set(names_[fitted], value.substr(0, 200)));
}

// --- values

TEST_F(StoreTest, fresh_store_gives_defaults) {
    EXPECT_EQ(store->integer(names::mqtt_port), 8883);
    EXPECT_EQ(host(), "");
    EXPECT_TRUE(store->bytes(names::mqtt_psk).empty());
    EXPECT_FALSE(store->boolean(names::ota_legacy_md5));
    EXPECT_FALSE(store->is_set(names::mqtt_port));
    EXPECT_EQ(flash.writes(), 0U);
}

TEST_F(StoreTest, names_that_are_unknown_or_of_another_type_give_nothing) {
    EXPECT_FALSE(store->boolean(names::mqtt_port.name()));
    EXPECT_EQ(store->integer(names::mqtt_host.name()), 0);
    EXPECT_EQ(store->text("nothing"), "");
    EXPECT_TRUE(store->bytes(names::mqtt_host.name()).empty());
    EXPECT_FALSE(store->is_set("nothing"));
}

TEST_F(StoreTest, committed_values_survive_a_restart) {
    Patch patch(schema, Origin::portal);
    const std::string_view ssid("caf\xE9\0", 5);
    ASSERT_TRUE(patch.set_bytes(names::wifi_ssid, as_bytes(ssid)) && patch.set(names::wifi_pass, "correct horse"));
    ASSERT_TRUE(patch.set(names::mqtt_host, "broker") && patch.set(names::mqtt_port, "1"));
    ASSERT_TRUE(patch.set(names::mqtt_psk, "00112233445566778899aabbccddeeff"));
    ASSERT_TRUE(patch.set(names::ota_legacy_md5, "on"));
    ASSERT_TRUE(store->commit(patch));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(as_text(store->bytes(names::wifi_ssid)), ssid);
        EXPECT_EQ(store->text(names::wifi_pass), "correct horse");
        EXPECT_EQ(host(), "broker");
        EXPECT_EQ(store->integer(names::mqtt_port), 1);
        EXPECT_EQ(store->bytes(names::mqtt_psk).size(), 16U);
        EXPECT_TRUE(store->boolean(names::ota_legacy_md5));
        ASSERT_EQ(*restart(), Loaded::stored);
    }
}

TEST_F(StoreTest, show_gives_text_but_never_a_secret) {
    std::array<char, text_max> out;
    ASSERT_TRUE(commit(names::mqtt_host, "broker"));
    ASSERT_TRUE(commit(names::ap_pass, "12345678"));
    EXPECT_EQ(*store->show(names::mqtt_host, out), "broker");
    EXPECT_EQ(*store->show(names::mqtt_port, out), "8883");
    EXPECT_EQ(store->show(names::ap_pass, out).error(), errors::setting_secret);
    EXPECT_EQ(store->show(names::mqtt_psk, out).error(), errors::setting_secret);
    EXPECT_EQ(store->show("nothing", out).error(), errors::setting_unknown);
}

TEST_F(StoreTest, unset_returns_to_the_default) {
    ASSERT_TRUE(commit(names::mqtt_port, "8883"));
    EXPECT_TRUE(store->is_set(names::mqtt_port));
    Patch patch(schema, Origin::console);
    ASSERT_TRUE(patch.unset(names::mqtt_port));
    ASSERT_TRUE(store->commit(patch));
    EXPECT_FALSE(store->is_set(names::mqtt_port));
    EXPECT_EQ(store->integer(names::mqtt_port), 8883);
}

TEST_F(StoreTest, a_stored_value_that_the_schema_no_longer_allows_counts_as_not_stored) {
    static constexpr Setting wide[] = {{.name = "n", .type = Type::integer, .high = 100, .fallback = "7"}};
    static constexpr Setting narrow[] = {{.name = "n", .type = Type::integer, .high = 10, .fallback = "7"}};
    Schema before;
    Schema after;
    ASSERT_TRUE(before.add(wide) && after.add(narrow));
    Store old_firmware(flash, before);
    ASSERT_TRUE(old_firmware.load());
    Patch patch(before, Origin::firmware);
    ASSERT_TRUE(patch.set("n", "50") && old_firmware.commit(patch));
    Store new_firmware(flash, after);
    ASSERT_EQ(*new_firmware.load(), Loaded::stored);
    EXPECT_EQ(new_firmware.integer("n"), 7);
    EXPECT_FALSE(new_firmware.is_set("n"));
}

TEST_F(StoreTest, an_unknown_name_is_kept_for_the_firmware_that_knows_it) {
    static constexpr Setting table[] = {
        {.name = "pump.speed", .type = Type::integer, .high = 9, .fallback = "0"}};
    Schema with_pump;
    ASSERT_TRUE(with_pump.add(table));
    Store upgraded(flash, with_pump);
    ASSERT_TRUE(upgraded.load());
    Patch patch(with_pump, Origin::firmware);
    ASSERT_TRUE(patch.set("pump.speed", "5") && upgraded.commit(patch));
    // The downgraded firmware changes other things, twice, so that both generations are its own.
    ASSERT_EQ(*restart(), Loaded::stored);
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    Store again(flash, with_pump);
    ASSERT_TRUE(again.load());
    EXPECT_EQ(again.integer("pump.speed"), 5);
    EXPECT_EQ(again.text(names::mqtt_host), "two");
}

// --- commit

TEST_F(StoreTest, nothing_is_written_when_nothing_changes) {
    ASSERT_TRUE(commit(names::mqtt_host, "broker"));
    const auto writes = flash.writes();
    const auto calls = flash.calls();
    const auto revision = store->revision();
    EXPECT_TRUE(commit(names::mqtt_host, "broker"));
    EXPECT_TRUE(stage(names::mqtt_host, "broker"));
    EXPECT_TRUE(store->commit(Patch(schema, Origin::console)));
    Patch patch(schema, Origin::console);
    ASSERT_TRUE(patch.unset(names::mqtt_port) && store->commit(patch));
    EXPECT_TRUE(store->confirm(Stage::broker) && store->revert());
    EXPECT_EQ(flash.writes(), writes);
    EXPECT_EQ(flash.calls(), calls);
    EXPECT_EQ(store->revision(), revision);
    EXPECT_FALSE(store->staged());
}

TEST_F(StoreTest, revision_rises_with_every_change) {
    auto revision = store->revision();
    const auto risen = [&] { return store->revision() > std::exchange(revision, store->revision()); };
    ASSERT_TRUE(commit(names::mqtt_host, "a"));
    EXPECT_TRUE(risen());
    ASSERT_TRUE(stage(names::mqtt_host, "b"));
    EXPECT_TRUE(risen());
    ASSERT_TRUE(store->revert());
    EXPECT_TRUE(risen());
    ASSERT_TRUE(store->erase_all());
    EXPECT_TRUE(risen());
    ASSERT_TRUE(store->erase_all());
    EXPECT_FALSE(risen());
}

TEST_F(StoreTest, generations_alternate_between_the_two_keys) {
    ASSERT_TRUE(commit(names::mqtt_host, "one"));
    const auto a = flash.values["cfg.a"];
    ASSERT_TRUE(commit(names::mqtt_host, "two"));
    EXPECT_EQ(flash.values["cfg.a"], a);
    const auto b = flash.values["cfg.b"];
    ASSERT_TRUE(commit(names::mqtt_host, "three"));
    EXPECT_EQ(flash.values["cfg.b"], b);
    EXPECT_NE(flash.values["cfg.a"], a);
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "three");
    ASSERT_TRUE(commit(names::mqtt_host, "four"));
    EXPECT_NE(flash.values["cfg.b"], b);
}

TEST_F(StoreTest, generation_counter_may_wrap) {
    ASSERT_TRUE(commit(names::mqtt_host, "last"));
    seal_blob(flash.values["cfg.a"], {blob_version, 0, 0xFFFFFFFF});
    ASSERT_EQ(*restart(), Loaded::stored);
    ASSERT_TRUE(commit(names::mqtt_host, "after.the.wrap"));
}

TEST_F(StoreTest, wrapped_generation_is_the_newer) {
    ASSERT_TRUE(commit(names::mqtt_host, "old") && commit(names::mqtt_host, "new"));
    seal_blob(flash.values["cfg.a"], {blob_version, 0, 0xFFFFFFFF});
    seal_blob(flash.values["cfg.b"], {blob_version, 0, 0});
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "new");
}

TEST_F(StoreTest, a_full_blob_is_refused_and_nothing_changes) {
    std::array<std::string, 16> names_;
    std::vector<Setting> table;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        names_[i] = "big." + std::to_string(10 + i);
        table.push_back({.name = names_[i], .type = Type::text});
    }
    ASSERT_TRUE(schema.add(table));
    ASSERT_TRUE(commit(names::mqtt_host, "broker"));
    std::size_t fitted = 0;
    while (fitted < table.size() && commit(names_[fitted], std::string(value_max, 'v'))) ++fitted;
    ASSERT_LT(fitted, table.size());
    const auto values = flash.values;
    EXPECT_EQ(commit(names_[fitted], std::string(value_max, 'v')).error(), errors::settings_full);
    EXPECT_EQ(flash.values, values);
    EXPECT_EQ(host(), "broker");
    EXPECT_TRUE(commit(names_[fitted], "short"));
}

TEST_F(StoreTest, before_load_nothing_is_written) {
    store = std::make_unique<Store>(flash, schema);
    EXPECT_EQ(commit(names::mqtt_host, "x").error(), errors::settings_not_loaded);
    EXPECT_TRUE(flash.values.empty());
}

// --- recovery

TEST_F(StoreTest, a_damaged_newest_generation_leaves_the_one_before) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    damage("cfg.b");
    ASSERT_EQ(*restart(), Loaded::recovered);
    EXPECT_EQ(host(), "one");
    ASSERT_TRUE(commit(names::mqtt_host, "three"));
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "three");
}

TEST_F(StoreTest, a_damaged_older_generation_is_reported_and_overwritten_by_the_next_change) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    damage("cfg.a");
    ASSERT_EQ(*restart(), Loaded::recovered);
    EXPECT_EQ(host(), "two");
    const auto b = flash.values["cfg.b"];
    ASSERT_TRUE(commit(names::mqtt_host, "three"));
    EXPECT_EQ(flash.values["cfg.b"], b);
    ASSERT_EQ(*restart(), Loaded::stored);
}

TEST_F(StoreTest, two_damaged_generations_are_lost_and_the_device_can_be_set_up_again) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    damage("cfg.a");
    damage("cfg.b");
    ASSERT_EQ(*restart(), Loaded::lost);
    EXPECT_EQ(host(), "");
    ASSERT_TRUE(commit(names::mqtt_host, "three"));
    ASSERT_EQ(*restart(), Loaded::recovered);
    EXPECT_EQ(host(), "three");
}

TEST_F(StoreTest, one_damaged_generation_alone_is_lost_not_fresh) {
    ASSERT_TRUE(commit(names::mqtt_host, "one"));
    damage("cfg.a");
    EXPECT_EQ(*restart(), Loaded::lost);
}

TEST_F(StoreTest, a_read_error_of_one_key_leaves_the_other) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    flash.fail_at(2);
    ASSERT_EQ(*restart(), Loaded::recovered);
    EXPECT_EQ(host(), "one");
}

TEST_F(StoreTest, when_nothing_can_be_read_nothing_is_overwritten) {
    ASSERT_TRUE(commit(names::mqtt_host, "one"));
    flash.fail_at(1);
    EXPECT_EQ(restart().error(), errors::flash_failed);
    EXPECT_EQ(host(), "");
    EXPECT_EQ(commit(names::mqtt_host, "two").error(), errors::flash_failed);
    ASSERT_EQ(*store->load(), Loaded::stored);
    EXPECT_EQ(host(), "one");
    EXPECT_TRUE(commit(names::mqtt_host, "two"));
}

// --- newer formats

TEST_F(StoreTest, a_newer_format_is_read_only_and_the_generation_before_it_is_in_use) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    seal_blob(flash.values["cfg.b"], {blob_version + 1, 0, 2});
    const auto values = flash.values;
    EXPECT_EQ(restart().error(), errors::settings_newer);
    EXPECT_EQ(host(), "one");
    EXPECT_EQ(commit(names::mqtt_host, "x").error(), errors::settings_newer);
    EXPECT_EQ(stage(names::mqtt_host, "x").error(), errors::settings_newer);
    EXPECT_EQ(flash.values, values);
}

TEST_F(StoreTest, two_newer_formats_leave_the_defaults) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    seal_blob(flash.values["cfg.a"], {blob_version + 1, 0, 1});
    seal_blob(flash.values["cfg.b"], {blob_version + 1, 0, 2});
    EXPECT_EQ(restart().error(), errors::settings_newer);
    EXPECT_EQ(host(), "");
}

TEST_F(StoreTest, a_newer_format_that_was_superseded_does_not_matter) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    seal_blob(flash.values["cfg.a"], {blob_version + 1, 0, 1});
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "two");
    EXPECT_TRUE(commit(names::mqtt_host, "three"));
}

TEST_F(StoreTest, a_blob_longer_than_this_version_writes_is_a_newer_format) {
    ASSERT_TRUE(commit(names::mqtt_host, "one"));
    flash.values["cfg.b"].assign(blob_max + 1, 0);
    EXPECT_EQ(restart().error(), errors::settings_newer);
    EXPECT_EQ(host(), "one");
}

TEST_F(StoreTest, a_staged_generation_is_not_used_under_a_newer_format) {
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    flash.values["cfg.b"] = flash.values["cfg.a"];
    seal_blob(flash.values["cfg.b"], {blob_version + 1, 0, 9});
    EXPECT_EQ(restart().error(), errors::settings_newer);
    EXPECT_EQ(host(), "");
}

TEST_F(StoreTest, factory_reset_ends_a_newer_format) {
    ASSERT_TRUE(commit(names::mqtt_host, "one"));
    seal_blob(flash.values["cfg.a"], {blob_version + 1, 0, 1});
    ASSERT_FALSE(restart());
    ASSERT_TRUE(store->erase_all());
    EXPECT_FALSE(flash.values.contains("cfg.a") || flash.values.contains("cfg.b"));
    EXPECT_TRUE(commit(names::mqtt_host, "two"));
}

// --- staged

TEST_F(StoreTest, staged_values_are_in_use_and_a_restart_reverts_them) {
    ASSERT_TRUE(commit(names::mqtt_host, "good"));
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    EXPECT_TRUE(store->staged());
    EXPECT_TRUE(store->waits_for(Stage::broker));
    EXPECT_FALSE(store->waits_for(Stage::network));
    EXPECT_FALSE(store->waits_for(Stage::none));
    EXPECT_EQ(host(), "trial");
    ASSERT_EQ(*restart(), Loaded::reverted);
    EXPECT_EQ(host(), "good");
    EXPECT_FALSE(store->staged());
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "good");
}

TEST_F(StoreTest, a_confirmed_stage_is_committed) {
    ASSERT_TRUE(commit(names::mqtt_host, "good"));
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    const auto revision = store->revision();
    ASSERT_TRUE(store->confirm(Stage::network));
    EXPECT_TRUE(store->staged());
    ASSERT_TRUE(store->confirm(Stage::broker));
    EXPECT_FALSE(store->staged());
    EXPECT_EQ(store->revision(), revision);
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "trial");
    ASSERT_TRUE(commit(names::mqtt_host, "next"));
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "next");
}

TEST_F(StoreTest, every_stage_of_a_patch_must_be_confirmed) {
    Patch patch(schema, Origin::mqtt);
    ASSERT_TRUE(patch.set(names::mqtt_host, "trial") && patch.set(names::wifi_ssid, "net"));
    ASSERT_TRUE(store->stage(patch));
    EXPECT_TRUE(store->waits_for(Stage::network) && store->waits_for(Stage::broker));
    const auto writes = flash.writes();
    ASSERT_TRUE(store->confirm(Stage::network));
    EXPECT_EQ(flash.writes(), writes);
    EXPECT_FALSE(store->waits_for(Stage::network));
    EXPECT_TRUE(store->staged());
    ASSERT_TRUE(store->confirm(Stage::broker));
    EXPECT_FALSE(store->staged());
    EXPECT_EQ(flash.writes(), writes + 1);
}

TEST_F(StoreTest, only_what_changes_has_to_be_confirmed) {
    ASSERT_TRUE(commit(names::wifi_ssid, "net"));
    Patch patch(schema, Origin::mqtt);
    ASSERT_TRUE(patch.set(names::wifi_ssid, "net") && patch.set(names::mqtt_port, "1"));
    ASSERT_TRUE(store->stage(patch));
    EXPECT_FALSE(store->waits_for(Stage::network));
}

TEST_F(StoreTest, staging_what_needs_no_stage_commits_it) {
    ASSERT_TRUE(stage(names::ap_pass, "12345678"));
    EXPECT_FALSE(store->staged());
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(store->text(names::ap_pass), "12345678");
}

TEST_F(StoreTest, what_needs_no_stage_goes_back_with_the_rest_of_its_patch) {
    Patch patch(schema, Origin::console);
    ASSERT_TRUE(patch.set(names::ap_pass, "12345678") && patch.set(names::mqtt_port, "1"));
    ASSERT_TRUE(store->stage(patch));
    ASSERT_TRUE(store->revert());
    EXPECT_EQ(store->text(names::ap_pass), "");
}

TEST_F(StoreTest, revert_returns_to_the_values_before_durably) {
    ASSERT_TRUE(commit(names::mqtt_host, "good"));
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    ASSERT_TRUE(store->revert());
    EXPECT_EQ(host(), "good");
    ASSERT_TRUE(commit(names::mqtt_port, "1"));
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "good");
    EXPECT_EQ(store->integer(names::mqtt_port), 1);
}

TEST_F(StoreTest, a_staged_first_setting_reverts_to_nothing) {
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    ASSERT_EQ(*restart(), Loaded::reverted);
    EXPECT_EQ(host(), "");
    EXPECT_EQ(*restart(), Loaded::fresh);
}

TEST_F(StoreTest, only_one_change_is_on_trial_at_a_time) {
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    EXPECT_EQ(stage(names::mqtt_host, "other").error(), errors::busy);
    EXPECT_EQ(commit(names::mqtt_port, "1").error(), errors::busy);
    EXPECT_EQ(host(), "trial");
    EXPECT_EQ(store->integer(names::mqtt_port), 8883);
}

TEST_F(StoreTest, a_staged_generation_with_a_damaged_one_below_is_better_than_none) {
    ASSERT_TRUE(commit(names::mqtt_psk, std::string(32, 'a')));
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    damage("cfg.a");
    ASSERT_EQ(*restart(), Loaded::recovered);
    EXPECT_TRUE(store->is_set(names::mqtt_psk));
    EXPECT_FALSE(store->staged());
    // And it is what a later trial goes back to.
    ASSERT_TRUE(stage(names::mqtt_host, "second"));
    ASSERT_EQ(*restart(), Loaded::reverted);
    EXPECT_EQ(host(), "trial");
}

TEST_F(StoreTest, a_revert_that_cannot_be_written_at_start_is_done_again_next_time) {
    ASSERT_TRUE(commit(names::mqtt_host, "good"));
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    flash.fail_at(3);
    ASSERT_EQ(*restart(), Loaded::reverted);
    ASSERT_EQ(*restart(), Loaded::reverted);
    EXPECT_EQ(host(), "good");
}

TEST_F(StoreTest, a_change_after_a_revert_that_could_not_be_written_supersedes_the_trial) {
    ASSERT_TRUE(stage(names::mqtt_host, "trial"));
    flash.fail_at(3);
    ASSERT_EQ(*restart(), Loaded::reverted);
    ASSERT_TRUE(commit(names::mqtt_port, "1"));
    ASSERT_EQ(*restart(), Loaded::stored);
    EXPECT_EQ(host(), "");
    EXPECT_EQ(store->integer(names::mqtt_port), 1);
}

// --- factory reset

TEST_F(StoreTest, erase_all_leaves_nothing) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && commit(names::mqtt_host, "two"));
    ASSERT_TRUE(store->erase_all());
    EXPECT_FALSE(flash.values.contains("cfg.a") || flash.values.contains("cfg.b"));
    EXPECT_EQ(host(), "");
    EXPECT_EQ(*restart(), Loaded::fresh);
}

TEST_F(StoreTest, erase_all_ends_a_trial) {
    ASSERT_TRUE(commit(names::mqtt_host, "one") && stage(names::mqtt_host, "two"));
    ASSERT_TRUE(store->erase_all());
    EXPECT_FALSE(store->staged());
    EXPECT_EQ(host(), "");
    EXPECT_EQ(*restart(), Loaded::fresh);
}

// --- every call of the key/value store may fail

class FailingStoreTest : public StoreTest,
                         public ::testing::WithParamInterface<std::tuple<bool, MemoryKeyValue::Failure>> {
protected:
    // Two generations, and one staged if asked for.
    void prepare() {
        flash.values.clear();
        ASSERT_EQ(*restart(), Loaded::fresh);
        ASSERT_TRUE(commit(names::mqtt_host, "zero") && commit(names::mqtt_host, "one"));
        if (on_trial) {
            ASSERT_TRUE(stage(names::mqtt_host, "trial"));
        }
    }
    const bool on_trial = std::get<0>(GetParam());
    const MemoryKeyValue::Failure how = std::get<1>(GetParam());
};

TEST_P(FailingStoreTest, a_failed_call_changes_nothing_in_use_and_can_be_repeated) {
    std::vector<std::function<Status()>> operations;
    if (on_trial) {
        operations.push_back([&] { return store->confirm(Stage::broker); });
        operations.push_back([&] { return store->revert(); });
    } else {
        operations.push_back([&] { return commit(names::mqtt_host, "two"); });
        operations.push_back([&] { return stage(names::mqtt_host, "two"); });
    }
    for (const auto& operation : operations) {
        prepare();
        const auto before = host();
        const auto revision = store->revision();
        const bool was_staged = store->staged();
        flash.fail_at(1, errors::kv_full, how);
        EXPECT_EQ(operation().error(), errors::kv_full);
        EXPECT_EQ(host(), before);
        EXPECT_EQ(store->revision(), revision);
        EXPECT_EQ(store->staged(), was_staged);
        EXPECT_EQ(store->waits_for(Stage::broker), was_staged);
        ASSERT_TRUE(operation());
        const auto after = host();
        const bool staged = store->staged();
        ASSERT_TRUE(restart());
        EXPECT_EQ(host(), staged ? "one" : after);
    }
}

TEST_P(FailingStoreTest, a_failed_factory_reset_leaves_settings_that_belong_together) {
    for (unsigned call = 1; call <= 2; ++call) {
        prepare();
        flash.fail_at(call, errors::flash_failed, how);
        EXPECT_FALSE(store->erase_all());
        EXPECT_EQ(host(), on_trial && call == 1 ? "trial" : "one");
        if (call == 2) {
            EXPECT_EQ(commit(names::mqtt_host, "two").error(), errors::flash_failed);
        }
        ASSERT_TRUE(store->erase_all());
        EXPECT_EQ(host(), "");
        EXPECT_EQ(*restart(), Loaded::fresh);
    }
}

INSTANTIATE_TEST_SUITE_P(All, FailingStoreTest,
                         ::testing::Combine(::testing::Bool(), ::testing::Values(MemoryKeyValue::Failure::before,
                                                                                 MemoryKeyValue::Failure::after)));

}  // namespace
}  // namespace esb::settings
