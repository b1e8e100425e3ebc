// The first boot and changes of settings, on a whole Device, also when the power goes at any flash operation.
#include "esb/base/encoding.hpp"
#include "support/cuts.hpp"
#include "support/device_rig.hpp"
#include "support/reentrant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace esb {
namespace {

using test::DeviceRig;
using test::line_after;
using vchip::Flash;
using vchip::MemoryStore;

class FirstBoot : public testing::Test {
protected:
    test::StoryFlash memory{vchip::default_flash_size};
    Flash& flash = memory.flash;
};

TEST_F(FirstBoot, prints_the_birth_lines_in_their_exact_form) {
    DeviceRig rig(flash);
    const auto text = rig.boot(10ms);
    EXPECT_NE(text.find("storage: formatted\r\n"), std::string::npos) << text;
    const auto ident = line_after(text, "AP ssid=").substr(0, 16);
    const auto pass = line_after(text, " pass=");
    EXPECT_THAT(ident, testing::MatchesRegex("ESP-[0-9A-F]+"));
    EXPECT_THAT(text, testing::ContainsRegex("MQTT ident=" + ident + " psk=[0-9a-f]{32}\r\n"));
    EXPECT_THAT(pass, testing::MatchesRegex("[a-z2-9]{12}"));
    EXPECT_NE(text.find("WIFI:T:WPA;S:" + ident + ";P:" + pass + ";;\r\n"), std::string::npos);
}

TEST_F(FirstBoot, the_second_boot_prints_the_identity_and_no_secret) {
    DeviceRig rig(flash);
    const auto first = rig.boot(10ms);
    const auto ident = line_after(first, "MQTT ident=").substr(0, 16);
    const auto psk = line_after(first, " psk=");
    const auto pass = line_after(first, " pass=");
    const auto second = rig.boot(10ms);
    EXPECT_NE(second.find("MQTT ident=" + ident + "\r\n"), std::string::npos) << second;
    EXPECT_EQ(second.find(psk), std::string::npos);
    EXPECT_EQ(second.find(pass), std::string::npos);
    EXPECT_EQ(second.find("formatted"), std::string::npos);
}

TEST_F(FirstBoot, without_a_host_at_the_port_the_secrets_are_shown_at_the_next_boot) {
    DeviceRig rig(flash);
    rig.chip.uart.set_host_connected(false);
    const auto unseen = line_after(rig.boot(10ms), " psk=");
    rig.chip.uart.set_host_connected(true);
    const auto seen = line_after(rig.boot(10ms), " psk=");
    EXPECT_EQ(seen, unseen);
    EXPECT_EQ(line_after(rig.boot(10ms), " psk="), "");
}

TEST_F(FirstBoot, a_secret_that_is_made_anew_does_not_bring_the_other_one_to_light) {
    DeviceRig rig(flash);
    const auto first = rig.boot(10ms);
    const auto psk = line_after(first, " psk=");
    rig.type("config unset ap.pass\n");
    const auto second = rig.boot(10ms);
    const auto pass = line_after(second, " pass=");
    EXPECT_EQ(pass.size(), 12U);
    EXPECT_NE(pass, line_after(first, " pass="));
    EXPECT_EQ(second.find(psk), std::string::npos) << second;
    EXPECT_EQ(rig.boot(10ms).find(" pass="), std::string::npos) << "once";
    rig.type("config unset mqtt.0.psk.0\n");
    const auto third = rig.boot(10ms);
    EXPECT_EQ(line_after(third, " psk=").size(), 32U);
    EXPECT_EQ(third.find(pass), std::string::npos) << third;
}

TEST_F(FirstBoot, what_nobody_saw_before_the_device_was_on_line_is_not_printed_any_more) {
    DeviceRig rig(flash);
    rig.chip.uart.set_host_connected(false);
    rig.boot(10ms, [](Device&, vchip::SimChip& chip) {
        const std::uint8_t mark = 1;
        ASSERT_TRUE(chip.chip().key_value.put("commissioned", {&mark, 1}));
    });
    rig.chip.uart.set_host_connected(true);
    const auto later = rig.boot(10ms);
    EXPECT_EQ(later.find(" psk="), std::string::npos) << later;
    EXPECT_EQ(later.find(" pass="), std::string::npos) << later;
    EXPECT_NE(later.find("MQTT ident="), std::string::npos) << later;
}

TEST_F(FirstBoot, no_command_shows_a_secret) {
    DeviceRig rig(flash);
    const auto first = rig.boot(10ms);
    const auto psk = line_after(first, " psk=");
    const auto pass = line_after(first, " pass=");
    const auto text = rig.type(
        "wifi connect Home swordfish77\nhelp\nstatus\nwifi info\nmqtt info\nota status\nconfig list\n"
        "config get mqtt.0.psk.0\nconfig get ap.pass\nconfig get wifi.0.pass\n");
    for (const auto& secret : {psk, pass, std::string("swordfish77")}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
    }
    EXPECT_NE(text.find("set (never shown)"), std::string::npos) << text;
}

TEST_F(FirstBoot, entropy_that_fails_makes_no_identity_and_the_next_boot_makes_it) {
    DeviceRig rig(flash);
    rig.chip.entropy.set_failing(true);
    const auto text = rig.boot(10ms);
    EXPECT_NE(text.find("chip.no_entropy"), std::string::npos) << text;
    EXPECT_EQ(text.find("psk="), std::string::npos);
    rig.chip.entropy.set_failing(false);
    EXPECT_EQ(line_after(rig.boot(10ms), " psk=").size(), 32U);
}

TEST_F(FirstBoot, bad_lines_change_nothing_and_say_why) {
    DeviceRig rig(flash);
    rig.boot(10ms);
    rig.type("mqtt server broker.example 8884\nmqtt ident dev-1\n");
    const auto before = rig.type("config list\n");
    struct {
        const char* line;
        const char* error;
    } cases[] = {
        {"mqtt server", "console.missing"},
        {"mqtt server h 0", "setting.range"},
        {"mqtt server h 65536", "setting.range"},
        {"mqtt server h x", "setting.type"},
        {"mqtt server h 1 2", "console.too_many"},
        {"mqtt ident a/b", "identity.invalid"},
        {"mqtt ident a+b", "identity.invalid"},
        {"mqtt ident \"\"", "setting.length"},
        {"mqtt psk 12xy", "setting."},
        {"mqtt psk 1234", "setting.length"},
        {"wifi connect Home short", "setting.length"},
        {"config set nothing 1", "setting.unknown"},
        {"dance", "console.unknown"},
        {"status \x01", "console.control_byte"},
        {"\"open", "console.quote"},
    };
    for (const auto& one : cases) {
        const auto text = rig.type(std::string(one.line) + "\n");
        EXPECT_NE(text.find(one.error), std::string::npos) << one.line << " -> " << text;
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << one.line << " -> " << text;
    }
    const auto long_line = rig.type(std::string(256, 'x') + "\n");
    EXPECT_NE(long_line.find("console.line_too_long"), std::string::npos) << long_line;
    EXPECT_EQ(rig.type("config list\n"), before);
}

ESB_REENTRANT(FirstBoot, joins_a_network_that_the_console_names) {
    DeviceRig rig(flash);
    rig.chip.radio.add_network("Green \"House\"", "long enough");
    const auto text = rig.boot(2s, [](Device&, vchip::SimChip& chip) {
        chip.uart.type("wifi connect \"Green \\\"House\\\"\" \"long enough\"\n");
    });
    EXPECT_NE(text.find("wifi: joined "), std::string::npos) << text;
    const auto second = rig.boot(2s);
    EXPECT_NE(second.find("wifi: joined "), std::string::npos) << second;
}

TEST_F(FirstBoot, a_key_value_store_that_is_worn_out_is_an_error_and_no_crash) {
    for (std::uint64_t operation = 1; operation < 40; ++operation) {
        MemoryStore worn(vchip::default_flash_size);
        Flash bad(worn);
        vchip::FaultPlan plan;
        for (std::uint64_t i = operation; i < operation + 1000; ++i) plan.failures.insert(i);
        bad.set_plan(plan);
        DeviceRig rig(bad);
        const auto text = rig.boot(10ms);
        EXPECT_NE(text.find("====="), std::string::npos);
    }
}

// What the person at the serial port was shown, over all boots of a run.
struct FoundNotes {
    std::set<std::string> shown_psks;
    bool acknowledged = false;
};

// The PSK that was shown is the one that is stored; a secret is shown at least once; the device always comes up.
TEST(FirstBootCuts, the_secret_that_was_shown_is_the_one_that_stays) {
    FoundNotes notes;
    vchip::CutScenario scenario;
    scenario.prepare = [] { return MemoryStore(vchip::default_flash_size); };
    scenario.run = [&notes](Flash& flash) {
        notes = {};
        DeviceRig rig(flash);
        const auto psk = line_after(rig.boot(10ms), " psk=");
        if (!psk.empty()) notes.shown_psks.insert(psk);
    };
    scenario.check = [&notes](Flash& flash) -> vchip::Verdict {
        DeviceRig rig(flash);
        std::string stored;
        const auto text = rig.boot(10ms, [&stored](Device& device, vchip::SimChip&) {
            char digits[64];
            stored = hex_encode(device.settings().bytes(settings::names::mqtt_psk), digits).value_or("");
        });
        if (stored.size() != 32) return "no PSK after the recovery: " + text;
        const auto shown = line_after(text, " psk=");
        if (!shown.empty() && shown != stored) return "showed another PSK than it stored";
        if (shown.empty() && !notes.shown_psks.contains(stored)) return "the stored PSK was never shown";
        if (!line_after(rig.boot(10ms), " psk=").empty()) return "shown again after it was marked as shown";
        return {};
    };
    EXPECT_TRUE(test::survives_cuts("first boot", scenario, {.seeds = 2}));
}

// Old or new settings, never half; what was acknowledged stays.
TEST(SettingsCuts, a_change_at_the_console_is_whole_or_absent_and_kept_once_acknowledged) {
    FoundNotes notes;
    vchip::CutScenario scenario;
    scenario.prepare = [] {
        MemoryStore store(vchip::default_flash_size);
        Flash flash(store);
        DeviceRig rig(flash);
        rig.boot(10ms);
        rig.type("mqtt server old.example 1111\n");
        return store;
    };
    scenario.run = [&notes](Flash& flash) {
        notes = {};
        DeviceRig rig(flash);
        notes.acknowledged = rig.type("mqtt server new.example 2222\n").find("ok\r\n") != std::string::npos;
    };
    scenario.check = [&notes](Flash& flash) -> vchip::Verdict {
        DeviceRig rig(flash);
        const auto server = line_after(rig.type("mqtt info\n"), "server: ");
        if (server == "new.example:2222") return {};
        if (server != "old.example:1111") return "neither old nor new: " + server;
        return notes.acknowledged ? "an acknowledged change was lost" : "";
    };
    EXPECT_TRUE(test::survives_cuts("settings change", scenario, {.seeds = 2}));
}

}  // namespace
}  // namespace esb
