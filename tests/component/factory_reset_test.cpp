// Back to the first boot: by call and by button, also when the power goes at any flash operation of it.
#include "esb/base/encoding.hpp"
#include "support/cuts.hpp"
#include "support/device_rig.hpp"
#include "support/reentrant.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace esb {
namespace {

using test::DeviceRig;
using test::line_after;
using vchip::Flash;
using vchip::MemoryStore;

// What a device has, as a person with its serial port and its flash could find out.
struct Remains {
    std::string identity, psk, password, host, shown_psk;
};

Remains look(DeviceRig& rig) {
    Remains state;
    const auto text = rig.boot(10ms, [&state](Device& device, vchip::SimChip&) {
        char digits[64];
        const auto& settings = device.settings();
        state.identity = device.identity();
        state.psk = hex_encode(settings.bytes("mqtt.0.psk.0"), digits).value_or("");
        state.password = settings.text("ap.pass");
        state.host = settings.text("mqtt.0.host");
    });
    state.shown_psk = line_after(text, " psk=");
    return state;
}

// Simulated chips are alike in their random numbers; these are not.
struct Rig : DeviceRig {
    explicit Rig(Flash& flash) : DeviceRig(flash) {
        static int made = 0;
        std::array<std::uint8_t, 7> skipped{};
        for (int i = 0; i < made; ++i) static_cast<void>(chip.entropy.fill(skipped));
        ++made;
    }
};

Remains set_up(Flash& flash) {
    Rig rig(flash);
    rig.boot(10ms);
    rig.boot(10ms, [](Device& device, vchip::SimChip&) {
        settings::Patch patch(device.schema(), settings::Origin::firmware);
        EXPECT_TRUE(patch.set("mqtt.0.host", "broker.example"));
        EXPECT_TRUE(patch.set("wifi.0.ssid", "Home"));
        EXPECT_TRUE(device.change_settings(patch));
    });
    return look(rig);
}

void reset(DeviceRig& rig, bool keep_secrets) {
    rig.boot(
        1s, [keep_secrets](Device& device, vchip::SimChip&) { static_cast<void>(device.factory_reset(keep_secrets)); });
}

class FactoryReset : public testing::Test {
protected:
    test::StoryFlash memory{vchip::default_flash_size};
    Flash& flash = memory.flash;
};

ESB_REENTRANT(FactoryReset, wipes_settings_and_makes_new_secrets_that_are_shown) {
    const auto before = set_up(flash);
    Rig rig(flash);
    reset(rig, false);
    const auto after = look(rig);
    EXPECT_EQ(after.identity, before.identity);
    EXPECT_EQ(after.host, "");
    EXPECT_NE(after.psk, before.psk);
    EXPECT_NE(after.password, before.password);
    EXPECT_EQ(after.shown_psk, after.psk);
    const auto later = look(rig);
    EXPECT_EQ(later.psk, after.psk) << "once";
    EXPECT_EQ(later.shown_psk, "");
}

TEST_F(FactoryReset, keeps_the_secrets_if_asked) {
    const auto before = set_up(flash);
    Rig rig(flash);
    reset(rig, true);
    const auto after = look(rig);
    EXPECT_EQ(after.host, "");
    EXPECT_EQ(after.psk, before.psk);
    EXPECT_EQ(after.password, before.password);
    EXPECT_EQ(after.shown_psk, "");
}

TEST_F(FactoryReset, a_button_held_for_ten_seconds_does_it) {
    const auto before = set_up(flash);
    Rig rig(flash);
    const auto press = [&rig](Device&, vchip::SimChip& chip) {
        rig.firmware->turn(1ms);  // seen released
        chip.button.press();
    };
    rig.boot(9s, press);
    rig.chip.button.release();
    EXPECT_EQ(look(rig).psk, before.psk) << "not long enough";
    rig.boot(11s, press);
    rig.chip.button.release();
    EXPECT_NE(look(rig).psk, before.psk);
}

TEST_F(FactoryReset, a_store_that_cannot_take_the_note_is_an_error) {
    set_up(flash);
    Rig rig(flash);
    rig.boot(10ms, [this](Device& device, vchip::SimChip&) {
        vchip::FaultPlan plan;
        for (std::uint64_t i = 1; i < 100000; ++i) plan.failures.insert(i);
        flash.set_plan(plan);
        EXPECT_FALSE(device.factory_reset());
        flash.set_plan({});
    });
    EXPECT_EQ(look(rig).host, "broker.example");
}

void expect_survives(bool keep_secrets) {
    std::set<std::string> shown;
    std::string old_psk;
    vchip::CutScenario scenario;
    scenario.prepare = [&] {
        MemoryStore store(vchip::default_flash_size);
        Flash flash(store);
        old_psk = set_up(flash).psk;
        return store;
    };
    scenario.run = [&](Flash& flash) {
        shown = {old_psk};
        Rig rig(flash);
        reset(rig, keep_secrets);
        if (!flash.powered()) return;
        if (const auto psk = look(rig).shown_psk; !psk.empty()) shown.insert(psk);
    };
    scenario.check = [&](Flash& flash) -> vchip::Verdict {
        Rig rig(flash);
        const auto found = look(rig);
        const bool old_one = found.psk == old_psk;
        if (found.psk.size() != 32) return "no key";
        if (!found.shown_psk.empty() && found.shown_psk != found.psk) return "showed another key than it has";
        if (found.shown_psk.empty() && !shown.contains(found.psk)) return "the key was never shown";
        if (keep_secrets && !old_one) return "the key is lost";
        if (!keep_secrets && old_one != (found.host == "broker.example")) return "half: " + found.host;
        if (look(rig).psk != found.psk) return "the reset comes again";
        return {};
    };
    EXPECT_TRUE(test::survives_cuts(keep_secrets ? "reset, secrets kept" : "factory reset", scenario, {}));
}

TEST(FactoryResetCuts, everything_or_nothing_and_no_key_that_nobody_saw) { expect_survives(false); }
TEST(FactoryResetCuts, the_secrets_stay_wherever_the_power_goes) { expect_survives(true); }

}  // namespace
}  // namespace esb
