// The power goes before, inside and after every flash operation of a device's life with its settings.
#include "esb/settings/store.hpp"
#include "host/vchip/key_value.hpp"
#include "support/cuts.hpp"
#include "support/nvs_key.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace esb::settings {
namespace {

constexpr std::size_t flash_size = 4 * vchip::erase_unit;

// Long values, so that the partition's pages turn over within a scenario.
constexpr Setting pads[] = {
    {.name = "pad.0", .type = Type::text},
    {.name = "pad.1", .type = Type::text},
};

struct Device {
    explicit Device(vchip::Flash& flash) : key_value(vchip::Region(flash, 0, flash_size), test::nvs_cipher()) {
        EXPECT_TRUE(schema.add(pads));
    }
    Status start() {
        ESB_TRY(key_value.mount());
        store = std::make_unique<Store>(key_value, schema);
        const auto result = store->load();
        if (!result) return fail(result.error());
        loaded = *result;
        return {};
    }
    // Everything that is in use, on one line.
    std::string dump() const {
        std::string text = store->text(names::mqtt_host).empty() ? "-" : std::string(store->text(names::mqtt_host));
        text += " " + std::string(as_text(store->bytes(names::wifi_ssid)));
        text += " " + std::to_string(store->bytes(names::mqtt_psk).size());
        text += " " + std::to_string(store->text("pad.0").size() + store->text("pad.1").size());
        const auto second = store->bytes(names::brokers[0].psk[1]);
        return second.empty() ? text : text + " second " + std::to_string(second[0]);
    }

    Schema schema;
    vchip::KeyValue key_value;
    std::unique_ptr<Store> store;
    Loaded loaded = Loaded::fresh;
};

struct Step {
    std::function<Status(Device&)> run;
    std::string after;  // what a restart finds once this has been done
};
using Changes = std::initializer_list<std::array<std::string_view, 2>>;

using How = Status (*)(Store&, const Patch&);
std::function<Status(Device&)> change(How how, Changes changes) {
    return [how, kept = std::vector(changes)](Device& device) -> Status {
        Patch patch(device.schema, Origin::console);
        for (const auto& [name, text] : kept) ESB_TRY(patch.set(name, text));
        return how(*device.store, patch);
    };
}
std::function<Status(Device&)> commit(Changes changes) {
    return change([](Store& store, const Patch& patch) { return store.commit(patch); }, changes);
}
std::function<Status(Device&)> stage(Changes changes) {
    return change([](Store& store, const Patch& patch) { return store.stage(patch); }, changes);
}
std::function<Status(Device&)> confirm(Stage stage) {
    return [stage](Device& device) { return device.store->confirm(stage); };
}
Status revert(Device& device) { return device.store->revert(); }
Status restart(Device& device) { return device.start(); }
Status erase(Device& device) { return device.store->erase_all(); }

const std::string long_text(value_max, 'p');
const std::string psk(32, 'a');

// What run() has acknowledged, for check().
struct Notes {
    std::string done = "-  0 0";
    std::string under_way;
};

vchip::CutScenario scenario(std::vector<Step> steps, Notes& notes) {
    const auto run = [steps, &notes](vchip::Flash& flash) {
        notes = Notes();
        notes.under_way = notes.done;
        Device device(flash);
        if (!device.start()) return;
        for (const auto& step : steps) {
            notes.under_way = step.after;
            if (!step.run(device)) return;
            notes.done = step.after;
        }
    };
    // Writes a setting that the notes do not speak of, as it may run again on its own outcome.
    const auto check = [&notes](vchip::Flash& flash) -> vchip::Verdict {
        Device device(flash);
        if (const auto started = device.start(); !started) return "start: " + std::string(started.error().name());
        if (device.loaded == Loaded::lost || device.loaded == Loaded::recovered) return "damaged";
        if (device.store->staged()) return "still on trial";
        const auto found = device.dump();
        if (found != notes.done && found != notes.under_way) {
            return "found '" + found + "', not '" + notes.done + "' or '" + notes.under_way + "'";
        }
        if (!commit({{names::mqtt_ident, "after-the-cut"}})(device)) return "cannot be changed";
        if (!device.start() || device.store->text(names::mqtt_ident) != "after-the-cut") return "change is lost";
        return {};
    };
    return {[] { return vchip::MemoryStore(flash_size); }, run, check};
}

void expect_survives(std::vector<Step> steps, std::uint64_t least_operations) {
    Notes notes;
    const auto cut = scenario(std::move(steps), notes);
    vchip::MemoryStore store = cut.prepare();
    vchip::Flash flash(store);
    cut.run(flash);
    EXPECT_GE(flash.operations(), least_operations) << "the scenario touches less flash than meant";
    EXPECT_TRUE(test::survives_cuts("settings", cut, {.second_seeds = 1, .second_every = 7}));
}

TEST(SettingsUnderPowerCuts, acknowledged_commits_are_never_lost_nor_half) {
    std::vector<Step> steps = {
        {commit({{names::mqtt_host, "one"}, {names::mqtt_psk, psk}}), "one  16 0"},
        {commit({{names::mqtt_host, "two"}, {names::wifi_ssid, "net"}, {"pad.0", long_text}}), "two net 16 256"},
        {commit({{names::mqtt_host, "two"}}), "two net 16 256"},
    };
    for (int round = 0; round < 16; ++round) {
        steps.push_back({commit({{names::mqtt_host, "x"}, {"pad.1", long_text}}), "x net 16 512"});
        steps.push_back({commit({{names::mqtt_host, "y"}, {"pad.1", "short"}}), "y net 16 261"});
        if (round % 2 == 0) steps.push_back({restart, "y net 16 261"});
    }
    expect_survives(steps, 45);
}

TEST(SettingsUnderPowerCuts, trials_are_kept_or_reverted_whole) {
    std::vector<Step> steps = {
        {stage({{names::mqtt_host, "first"}}), "-  0 0"},
        {revert, "-  0 0"},
        {commit({{names::mqtt_host, "good"}, {names::mqtt_psk, psk}, {"pad.0", long_text}}), "good  16 256"},
        {stage({{names::mqtt_host, "trial"}, {"pad.1", long_text}}), "good  16 256"},
        {confirm(Stage::broker), "trial  16 512"},
        {stage({{names::mqtt_host, "bad"}}), "trial  16 512"},
        {revert, "trial  16 512"},
        {stage({{names::mqtt_host, "new"}, {names::wifi_ssid, "net"}}), "trial  16 512"},
        {confirm(Stage::network), "trial  16 512"},
        {confirm(Stage::broker), "new net 16 512"},
        {stage({{names::wifi_ssid, "elsewhere"}}), "new net 16 512"},
        {restart, "new net 16 512"},
        {stage({{names::wifi_ssid, "here"}}), "new net 16 512"},
        {confirm(Stage::network), "new here 16 512"},
        {commit({{names::mqtt_host, "last"}}), "last here 16 512"},
    };
    expect_survives(steps, 20);
}

// What esb broker rotate does: the spare slot is filled, then the other one emptied once the new key has worked.
TEST(SettingsUnderPowerCuts, a_key_is_replaced_through_the_second_slot) {
    const std::string next(32, '1');
    const auto wipe_old = [](Device& device) -> Status {
        Patch patch(device.schema, Origin::mqtt);
        ESB_TRY(patch.unset(names::mqtt_psk));
        return device.store->stage(patch);
    };
    expect_survives({{commit({{names::mqtt_host, "one"}, {names::mqtt_psk, psk}}), "one  16 0"},
                     {stage({{"mqtt.0.psk.1", next}}), "one  16 0"},
                     {confirm(Stage::broker), "one  16 0 second 17"},
                     {wipe_old, "one  16 0 second 17"},
                     {revert, "one  16 0 second 17"},
                     {wipe_old, "one  16 0 second 17"},
                     {restart, "one  16 0 second 17"},
                     {wipe_old, "one  16 0 second 17"},
                     {confirm(Stage::broker), "one  0 0 second 17"}},
                    10);
}

TEST(SettingsUnderPowerCuts, a_reset_that_keeps_the_key_is_done_or_not) {
    const auto erase_but_key = [](Device& device) {
        constexpr AnyKey kept[] = {names::mqtt_psk};
        return device.store->erase_all_but(kept);
    };
    expect_survives({{commit({{names::mqtt_host, "one"}, {names::mqtt_psk, psk}, {"pad.0", long_text}}), "one  16 256"},
                     {erase_but_key, "-  16 0"},
                     {erase_but_key, "-  16 0"},
                     {commit({{names::mqtt_host, "two"}}), "two  16 0"},
                     {stage({{names::mqtt_host, "trial"}}), "two  16 0"},
                     {erase_but_key, "-  16 0"},
                     {erase, "-  0 0"},
                     {commit({{names::mqtt_host, "three"}}), "three  0 0"},
                     {erase_but_key, "-  0 0"}},
                    8);
}

TEST(SettingsUnderPowerCuts, factory_reset_is_done_or_not) {
    expect_survives({{commit({{names::mqtt_host, "one"}}), "one  0 0"},
                     {erase, "-  0 0"},
                     {commit({{names::mqtt_host, "two"}}), "two  0 0"},
                     {stage({{names::mqtt_host, "trial"}}), "two  0 0"},
                     {erase, "-  0 0"},
                     {commit({{names::mqtt_host, "three"}}), "three  0 0"},
                     {commit({{names::mqtt_host, "four"}}), "four  0 0"},
                     {erase, "-  0 0"}},
                    10);
}

}  // namespace
}  // namespace esb::settings
