// A device with an Ethernet socket: which link serves, what happens when the cable comes and goes, and updates over it.
#include "esb/base/json.hpp"
#include "support/online_device.hpp"
#include "tests/support/file_server.hpp"
#include "tests/support/test_signer.hpp"
#include "tests/support/update_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb {
namespace {

using test::OnlineDevice;
using testing::HasSubstr;
namespace wire = test::wire;

AppDesc wired_app() {
    static const std::string text = test::shared_signer().public_text();
    static const std::string_view keys[] = {text};
    return {{"test", "vchip", "1.0.0", 1}, keys};
}

struct WiredDevice : testing::Test {
    OnlineDevice rig{wired_app(), {.wired = true}};
    const std::string base = "ESP/" + std::string(rig.device->identity().substr(4));

    void cable(bool in) { rig.chip.wire.set_cable(in); }
    std::string status(const char* member) {
        const auto document = JsonDocument::parse(as_bytes(rig.broker.latest(base + "/status")));
        return document ? std::string(document->root()[member].text().value_or("-")) : "no JSON";
    }
    bool is_online_by(std::string_view link, Duration limit = 1min) {
        return rig.run_until([&] { return rig.device->online() && status("link") == link; }, limit);
    }
    std::string ask(std::string_view line) {
        rig.chip.uart.take_output();
        rig.settings(line);
        rig.run_for(100ms);
        return rig.chip.uart.take_output();
    }
    // No Wi-Fi is known, or in the air.
    void forget_wifi() {
        rig.settings("config unset wifi.0.ssid\n");
        rig.chip.radio.set_on(false);
        rig.run_for(1s);
    }
};

TEST_F(WiredDevice, is_on_line_by_cable_alone) {
    forget_wifi();
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    EXPECT_EQ(status("ip"), "192.0.2.11");
    EXPECT_TRUE(rig.device->commissioned());
    EXPECT_TRUE(rig.printed("wire: address 192.0.2.11"));
    const auto text = ask("link\n");
    EXPECT_THAT(text, HasSubstr("link: wire\r\n"));
    EXPECT_THAT(text, HasSubstr("wire: serving\r\n"));
    EXPECT_THAT(text, HasSubstr("wifi: resting, the cable serves\r\n"));
    EXPECT_THAT(text, HasSubstr("address: 192.0.2.11\r\n"));
}

TEST_F(WiredDevice, without_a_cable_is_on_line_by_radio) {
    ASSERT_TRUE(is_online_by("wifi"));
    EXPECT_EQ(status("ip"), "192.0.2.10");
    EXPECT_THAT(ask("link\n"), HasSubstr("wire: no cable\r\n"));
    EXPECT_THAT(ask("status\n"), HasSubstr("link: wifi\r\n"));
}

TEST_F(WiredDevice, goes_over_to_the_cable_and_back) {
    ASSERT_TRUE(is_online_by("wifi"));
    for (int i = 0; i < 3; ++i) {
        cable(true);
        ASSERT_TRUE(is_online_by("wire"));
        EXPECT_FALSE(rig.chip.radio.has_address()) << "the station rests";
        cable(false);
        rig.run_for(100ms);
        EXPECT_FALSE(rig.device->online()) << "noticed at once";
        ASSERT_TRUE(is_online_by("wifi"));
        EXPECT_TRUE(rig.chip.radio.has_address());
    }
    EXPECT_TRUE(rig.printed("wire: cable out, back to Wi-Fi"));
    EXPECT_THAT(ask("log\n"), HasSubstr("cable out"));
}

TEST_F(WiredDevice, a_loose_contact_does_not_end_the_session_by_radio) {
    ASSERT_TRUE(is_online_by("wifi"));
    const auto connections = rig.broker.server.connections;
    for (int i = 0; i < 10; ++i) {
        cable(true);
        rig.run_for(3s);
        cable(false);
        rig.run_for(1s);
    }
    EXPECT_TRUE(rig.device->online());
    EXPECT_EQ(rig.broker.server.connections, connections);
}

TEST_F(WiredDevice, a_cable_without_dhcp_is_said_and_the_radio_serves) {
    rig.chip.wire.set_dhcp(false);
    cable(true);
    ASSERT_TRUE(is_online_by("wifi"));
    rig.run_for(1min);
    EXPECT_TRUE(rig.printed("wire: cable in, no address"));
    EXPECT_THAT(ask("link\n"), HasSubstr("wire: waiting for an address\r\n"));
    rig.chip.wire.set_dhcp(true);
    EXPECT_TRUE(is_online_by("wire"));
}

TEST_F(WiredDevice, a_lease_that_ends_gives_way_to_the_radio) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    rig.chip.wire.set_dhcp(false);
    rig.chip.wire.end_lease();
    ASSERT_TRUE(is_online_by("wifi"));
    EXPECT_TRUE(rig.printed("wire: no address, back to Wi-Fi"));
}

TEST_F(WiredDevice, the_cable_keeps_a_change_of_networks_that_would_have_cut_it_off) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    const auto text = ask("wifi connect Nowhere \"wrong password\"\n");
    rig.run_for(5min);
    EXPECT_TRUE(rig.device->online());
    EXPECT_EQ(as_text(rig.device->settings().bytes(settings::names::wifi_ssid)), "Nowhere") << text;
}

TEST_F(WiredDevice, a_wrong_broker_takes_itself_back_by_cable_as_well) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    rig.settings("mqtt server 192.0.2.99\n");
    ASSERT_TRUE(rig.run_until([&] { return rig.printed("config: reverted"); }, 30min)) << rig.chip.uart.output();
    EXPECT_TRUE(rig.online());
    EXPECT_EQ(rig.device->settings().text(settings::names::mqtt_host), "broker.test");
}

TEST_F(WiredDevice, comes_back_by_cable_after_the_power_was_cut) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    for (int i = 0; i < 5; ++i) {
        rig.run_for(Duration(100 * i));
        rig.chip.power_off();
        rig.start();
        ASSERT_TRUE(is_online_by("wire"));
    }
}

struct WiredUpdate : WiredDevice {
    // Of the default layout's slots; three erase blocks.
    const test::Image image = test::make_image({.seq = 2, .app = "test", .ver = "1.1.0", .body = 180'000});
    test::FileServer server{rig.network, chip::IpAddress::v4(192, 0, 2, 3)};

    void offer() {
        server.file = image;
        auto manifest = test::Manifest::of(image);
        manifest.app = "test";
        manifest.urls = "\"http://192.0.2.3/image.bin\"";
        rig.broker.say(wire::publish(base + "/ota", test::shared_signer().envelope("esb-update", manifest.json()), 1, 100,
                                     false, false));
    }
    std::string state() {
        const auto document = JsonDocument::parse(as_bytes(rig.broker.latest(base + "/ota/status")));
        return document ? std::string(document->root()["state"].text().value_or("-")) : "no JSON";
    }
    bool restarts_for_it(Duration limit = 10min) {
        return rig.run_until([] { return false; }, limit), rig.restarted;
    }
};

TEST_F(WiredUpdate, an_update_comes_by_cable) {
    forget_wifi();
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    offer();
    EXPECT_TRUE(restarts_for_it());
    EXPECT_EQ(state(), "rebooting");
    EXPECT_EQ(server.connections, 1);
}

TEST_F(WiredUpdate, an_update_that_begins_by_cable_ends_by_radio) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    server.bytes_a_second = 10'000;
    offer();
    ASSERT_TRUE(rig.run_until([&] { return state() == "downloading" && server.body_bytes > 70'000; }, 1min));
    cable(false);
    EXPECT_TRUE(restarts_for_it());
    EXPECT_EQ(state(), "rebooting");
    EXPECT_TRUE(rig.printed("wire: cable out, back to Wi-Fi"));
}

TEST_F(WiredUpdate, a_cable_waits_for_an_update_by_radio) {
    ASSERT_TRUE(is_online_by("wifi"));
    server.bytes_a_second = 5'000;
    offer();
    ASSERT_TRUE(rig.run_until([&] { return state() == "downloading"; }, 1min));
    cable(true);
    EXPECT_TRUE(restarts_for_it());
    EXPECT_FALSE(rig.printed("wire: address")) << "not before the restart";
    EXPECT_EQ(server.connections, 1);
}

TEST_F(WiredUpdate, the_power_goes_and_the_update_goes_on_by_cable) {
    cable(true);
    ASSERT_TRUE(is_online_by("wire"));
    server.bytes_a_second = 10'000;
    offer();
    ASSERT_TRUE(rig.run_until([&] { return server.body_bytes > 100'000; }, 1min));
    rig.chip.power_off();
    server.lose_peer();
    rig.start();
    ASSERT_TRUE(is_online_by("wire"));
    offer();
    EXPECT_TRUE(restarts_for_it());
    ASSERT_GE(server.range_starts.size(), 2U);
    EXPECT_GE(server.range_starts.back(), 65536U) << "goes on at the latest checkpoint";
}

}  // namespace
}  // namespace esb
