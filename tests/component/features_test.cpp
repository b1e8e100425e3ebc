// What a firmware does with, and above all without, the features that can be left out: first boot, console, MQTT. Runs in
// the build that has all of them and in the one that has none (preset minimal).
#include "esb/base/features.hpp"
#include "esb/ota/errors.hpp"
#include "support/online_device.hpp"
#include "support/read_manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb {
namespace {

using test::DeviceRig;
using testing::HasSubstr;
using testing::Not;

class Features : public testing::Test {
protected:
    // What the text has if and only if the feature is there.
    static void expect(bool feature, const std::string& text, std::string_view part) {
        EXPECT_EQ(text.find(part) != std::string::npos, feature) << part << " in " << text;
    }

    vchip::MemoryStore store{vchip::default_flash_size};
    vchip::Flash flash{store};
    DeviceRig rig{flash};
};

TEST_F(Features, first_boot_shows_an_access_point_only_with_a_set_up_page) {
    const auto text = rig.boot(10ms);
    EXPECT_THAT(text, testing::ContainsRegex("MQTT ident=ESP-[0-9A-F]{12} psk=[0-9a-f]{32}\r\n"));
    expect(with_portal, text, "AP ssid=");
    expect(with_portal, text, "WIFI:T:WPA");
    const auto second = rig.boot(10ms);
    EXPECT_THAT(second, HasSubstr("MQTT ident=ESP-"));
    EXPECT_THAT(second, Not(HasSubstr("psk=")));
}

TEST_F(Features, settings_of_what_is_left_out_are_unknown) {
    rig.boot(10ms);
    const auto unknown = [this](const std::string& line) {
        const auto answer = rig.type(line + "\n");
        return answer.find("setting.unknown") != std::string::npos;
    };
    EXPECT_EQ(unknown("config set ap.pass \"twelve letters\""), !with_portal);
    EXPECT_EQ(unknown("config set ap.address 4.3.2.2"), !with_portal);
    EXPECT_EQ(unknown("config set ota.legacy_md5 on"), !with_legacy_md5);
    EXPECT_EQ(unknown("config get ha.discovery"), !with_home_assistant);
    EXPECT_EQ(unknown("config get mqtt.version"), !with_mqtt5);
    EXPECT_EQ(unknown("config set mqtt.0.user pump3"), !with_certificates);
    EXPECT_EQ(unknown("config get est.url"), !with_certificates);
    EXPECT_FALSE(unknown("config set time.server time.example.com")) << "the last one that always is";
    const auto list = rig.type("config list\n", 1s);
    EXPECT_THAT(list, HasSubstr("time.example.com"));
    EXPECT_THAT(list, HasSubstr("config.confirm"));
    expect(with_portal, list, "ap.pass");
    expect(with_portal, list, "ap.address");
    expect(with_legacy_md5, list, "ota.legacy_md5");
    expect(with_home_assistant, list, "ha.discovery");
    expect(with_mqtt5, list, "mqtt.version");
    expect(with_certificates, list, "mqtt.2.trust");
}

TEST_F(Features, a_key_of_a_row_that_is_left_out_reads_its_default_and_takes_nothing) {
    rig.boot(10ms, [](Device& device, vchip::SimChip&) {
        namespace names = settings::names;
        EXPECT_FALSE(device.settings().boolean(names::ota_legacy_md5));
        EXPECT_FALSE(device.settings().boolean(names::ha_discovery));
        EXPECT_EQ(device.settings().text(names::ap_address), with_portal ? "4.3.2.1" : "");
        EXPECT_EQ(device.settings().text(names::time_server), "pool.ntp.org");
        settings::Patch patch(device.schema(), settings::Origin::firmware);
        EXPECT_EQ(patch.set(names::ha_discovery, "on").has_value(), with_home_assistant);
        EXPECT_EQ(patch.set(names::ap_address, "4.3.2.2").has_value(), with_portal);
        EXPECT_EQ(device.schema().find(""), nullptr);
    });
}

// Never its image alone.
TEST_F(Features, an_update_with_data_is_refused_where_nobody_takes_it) {
    const auto hash = std::string(64, 'a');
    const auto manifest = R"({"app":"a","hw":"h","ver":"1","seq":2,"floor":1,"size":9,"sha256":")" + hash +
                          R"(","url":["http://a/x"],"data":[{"part":"www","size":5,"sha256":")" + hash +
                          R"(","url":["http://a/w"]}]})";
    const auto read = test::read_update(as_bytes(manifest));
    ASSERT_EQ(read.has_value(), with_data_partitions);
    if (!read) {
        EXPECT_EQ(read.error(), errors::ota_data_off);
    }
}

TEST_F(Features, commands_and_help_of_what_is_left_out_do_not_exist) {
    rig.boot(10ms);
    const auto help = rig.type("help\n", 1s);
    EXPECT_THAT(help, HasSubstr("config set"));
    expect(with_portal, help, "portal open");
    expect(with_console_editing, help, "terminal");
    expect(!with_portal, rig.type("portal info\n"), "console.unknown");
    expect(!with_console_editing, rig.type("terminal on\n"), "console.unknown");
    // Tab spoils the line of a console that edits none.
    expect(!with_console_editing, rig.type("identity\t\n"), "console.control_byte");
    EXPECT_THAT(rig.type("identity\n"), HasSubstr("ESP-"));
}

TEST_F(Features, errors_have_a_text_only_with_words_and_always_a_name) {
    rig.boot(10ms);
    const auto answer = rig.type("no-such-command\n");
    EXPECT_THAT(answer, HasSubstr("console.unknown"));
    expect(with_log_words, answer, "(console.unknown)");
    const auto log = rig.type("log\n", 1s);
    expect(with_log_words, log, "started after power-on");
    expect(!with_log_words, log, "boot power-on 1");
}

TEST_F(Features, an_improv_frame_is_answered_only_with_improv) {
    rig.boot(10ms);
    const std::string ask_state("IMPROV\x01\x03\x02\x02\x00\xE5\n", 13);
    expect(with_improv, rig.type(ask_state), "IMPROV");
}

TEST(FeaturesOnLine, gets_on_line_and_takes_a_change_by_mqtt) {
    test::OnlineDevice device;
    ASSERT_TRUE(device.online()) << device.chip.uart.output();
    const auto base = std::string(base_topic(device.device->identity()).view());
    EXPECT_EQ(device.broker.latest(base + "/online"), "1");
    device.broker.say(test::wire::publish(base + "/config", R"({"log.level":"debug"})"));
    const auto is_kept = [&] {
        return device.broker.latest(base + "/config/status").find("\"state\":\"kept\"") != std::string::npos;
    };
    EXPECT_TRUE(device.run_until(is_kept, 10s)) << device.broker.latest(base + "/config/status");
    device.broker.say(test::wire::publish(base + "/config", R"({"ha.discovery":true})"));
    const auto is_done = [&] {
        const auto status = device.broker.latest(base + "/config/status");
        return status.find("setting.unknown") != std::string::npos || device.printed("homeassistant") ||
               device.device->settings().boolean(settings::names::ha_discovery);
    };
    EXPECT_TRUE(device.run_until(is_done, 10s));
    EXPECT_EQ(device.device->settings().boolean(settings::names::ha_discovery), with_home_assistant);
}

TEST(FeaturesOnLine, what_is_no_envelope_is_refused) {
    test::OnlineDevice device;
    ASSERT_TRUE(device.online()) << device.chip.uart.output();
    const auto base = std::string(base_topic(device.device->identity()).view());
    device.broker.say(test::wire::publish(base + "/ota", "http://images.test/a.img|0123456789abcdef0123456789abcdef"));
    const auto is_refused = [&] {
        return device.broker.latest(base + "/ota/status").find("\"state\":\"failed\"") != std::string::npos;
    };
    EXPECT_TRUE(device.run_until(is_refused, 10s)) << device.broker.latest(base + "/ota/status");
    EXPECT_THAT(device.broker.latest(base + "/ota/status"),
                HasSubstr(with_legacy_md5 ? "ota.legacy_off" : "envelope.malformed"));
}

}  // namespace
}  // namespace esb
