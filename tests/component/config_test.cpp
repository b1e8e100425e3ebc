// Changes of settings on a whole device: over MQTT and at the device, kept or taken back by themselves.
#include "esb/settings/trial.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

using test::OnlineDevice;
using test::TlsBroker;
namespace wire = test::wire;

class Config : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(rig.online());
        base = "ESP/" + std::string(rig.device->identity().substr(4));
        rig.run_for(1s);
    }
    // The latest since the latest send().
    std::string status() const {
        std::string latest;
        for (std::size_t i = sent_; i < rig.broker.packets.size(); ++i) {
            const auto& packet = rig.broker.packets[i];
            if (packet.type == 3 && packet.topic == base + "/config/status") latest = packet.payload;
        }
        return latest;
    }
    bool says(std::string_view text) const { return status().find(text) != std::string::npos; }
    bool becomes(std::string_view text, Duration limit = 3min) {
        return rig.run_until([&] { return says(text); }, limit);
    }
    void send(std::string_view json, bool retained = false) {
        auto packet = wire::publish(base + "/config", std::string(json), 1, 77);
        if (retained) packet[0] = static_cast<wire::Bytes::value_type>(packet[0] | 1);
        sent_ = rig.broker.packets.size();
        rig.broker.say(packet);
    }
    Status change(std::initializer_list<std::array<std::string_view, 2>> changes) {
        settings::Patch patch(rig.device->schema(), settings::Origin::console);
        for (const auto& [name, text] : changes) ESB_TRY(patch.set(name, text));
        return rig.device->change_settings(patch);
    }

    OnlineDevice rig;
    std::string base;

private:
    std::size_t sent_ = 0;
};

TEST_F(Config, says_which_key_is_in_use) {
    EXPECT_TRUE(says(R"("state":"kept","error":"")")) << "the first set-up: " << status();
    EXPECT_TRUE(says(R"("key":"mqtt.0.psk.0")")) << status();
    EXPECT_TRUE(rig.device->commissioned());
}

TEST_F(Config, a_change_that_needs_no_trial_is_kept) {
    send(R"({"log.level":"debug"})");
    EXPECT_TRUE(becomes(R"("state":"kept")")) << status();
    EXPECT_EQ(rig.device->settings().text("log.level"), "debug");
    EXPECT_EQ(rig.broker.server.connections, 1);
}

TEST_F(Config, a_wrong_broker_reverts_itself_and_says_why) {
    send(R"({"mqtt.0.host":"nowhere.test"})");
    ASSERT_TRUE(becomes(R"("state":"staged")", 5s)) << "told before the connection goes: " << status();
    EXPECT_TRUE(says(R"("waits":"broker")")) << status();
    ASSERT_TRUE(becomes(R"("state":"reverted")")) << rig.chip.uart.output();
    EXPECT_TRUE(says(R"("error":"config.no_round_trip")")) << status();
    EXPECT_TRUE(rig.printed("config: reverted: no message came back from the broker in time"));
    EXPECT_EQ(rig.device->settings().text("mqtt.0.host"), "broker.test");
    EXPECT_TRUE(rig.online());
}

ESB_REENTRANT(Config, a_good_broker_is_kept) {
    rig.chip.resolver.set("other.test", test::broker_address);
    send(R"({"mqtt.0.host":"other.test"})");
    ASSERT_TRUE(becomes(R"("state":"kept")")) << rig.chip.uart.output();
    EXPECT_EQ(rig.broker.server.connections, 2);
    rig.start();
    EXPECT_TRUE(rig.online());
    EXPECT_EQ(rig.device->settings().text("mqtt.0.host"), "other.test");
}

TEST_F(Config, refusals_name_the_error_and_the_setting_and_change_nothing) {
    const auto revision = rig.device->settings().revision();
    const std::pair<const char*, const char*> cases[] = {
        {R"({"log.level":"debug","no.such":1})",
         R"("error":"setting.unknown","why":"there is no setting of this name","setting":"no.such")"},
        {R"({"ota.legacy_md5":true})", "setting.local_only"},
        {R"({"wifi.ip":"10.0.0.1"})", "setting.address"},
        {R"({"ap.pass":""})", "setting.needed"},
        {R"({"ap.pass":null})", "setting.needed"},
        {R"({"ap.pass":"1234567"})", "setting.length"},
        {R"({"mqtt.0.psk.0":""})", "setting.needed"},
        {R"({"mqtt.0.psk.0":null})", "setting.needed"},
        {R"({"mqtt.0.psk.0":"00000000000000000000000000000000"})", "setting.format"},
        {R"({"wifi.0.pass":null})", "setting.needed"},
        {R"({"console.password":""})", "setting.local_only"},
        {R"({"ota.key":null})", "setting.local_only"},
        {"nonsense", "json.syntax"},
    };
    for (const auto& [json, error] : cases) {
        send(json);
        EXPECT_TRUE(becomes(error, 5s)) << json << ": " << status();
        EXPECT_TRUE(says(R"("state":"refused")")) << status();
    }
    send(R"({"log.level":"debug"})", true);
    EXPECT_TRUE(becomes("config.retained", 5s)) << status();
    send(std::string(5000, ' '));
    EXPECT_TRUE(becomes("json.too_large", 5s)) << status();
    EXPECT_EQ(rig.device->settings().revision(), revision);
}

TEST_F(Config, a_loss_of_power_during_the_trial_goes_back_and_is_told) {
    send(R"({"mqtt.0.host":"nowhere.test"})");
    ASSERT_TRUE(becomes(R"("state":"staged")", 5s));
    const auto id = status().substr(0, status().find(','));
    rig.run_for(5s);
    rig.start();
    ASSERT_TRUE(becomes(R"("state":"reverted")")) << rig.chip.uart.output();
    EXPECT_TRUE(says("config.interrupted")) << status();
    EXPECT_TRUE(says(id)) << "the name of the change: " << status();
}

TEST_F(Config, a_wrong_network_set_at_the_device_reverts_itself) {
    ASSERT_TRUE(change({{"wifi.0.ssid", "Elsewhere"}, {"wifi.0.pass", "password"}}));
    ASSERT_TRUE(becomes(R"("state":"reverted")")) << rig.chip.uart.output();
    EXPECT_TRUE(says("config.no_address")) << status();
    EXPECT_TRUE(rig.printed("config: staged, the network has to prove itself within 60 s"));
    EXPECT_TRUE(rig.online());
}

TEST_F(Config, a_second_network_is_taken_when_the_first_goes) {
    ASSERT_TRUE(change({{"wifi.1.ssid", "Second"}, {"wifi.1.pass", "second password"}}));
    rig.run_for(5s);
    EXPECT_TRUE(says(R"("state":"kept")")) << "the link in use is not concerned: " << status();
    EXPECT_EQ(rig.broker.server.connections, 1);
    rig.chip.radio.add_network("Second", "second password");
    rig.chip.radio.remove_network("Home");
    ASSERT_TRUE(rig.run_until([this] { return rig.printed("wifi: joined \"Second\""); }, 2min))
        << rig.chip.uart.output();
    EXPECT_TRUE(rig.online());
}

TEST_F(Config, a_second_broker_is_taken_when_the_first_goes) {
    rig.chip.resolver.set("backup.test", test::broker_address);
    ASSERT_TRUE(change({{"mqtt.1.host", "backup.test"}}));
    rig.run_for(5s);
    EXPECT_TRUE(says(R"("state":"kept")")) << status();
    EXPECT_EQ(rig.broker.server.connections, 1);
    rig.chip.resolver.set("broker.test", chip::IpAddress::v4(192, 0, 2, 99));
    rig.start();
    ASSERT_TRUE(rig.run_until([this] { return rig.printed("mqtt: connected to backup.test"); }, 5min))
        << rig.chip.uart.output();
}

TEST_F(Config, one_change_at_a_time_and_the_operators_word) {
    send(R"({"mqtt.0.host":"nowhere.test"})");
    ASSERT_TRUE(becomes(R"("state":"staged")", 5s));
    EXPECT_EQ(change({{"mqtt.0.host", "third.test"}}).error(), errors::config_on_trial);
}

TEST_F(Config, an_authors_setting_added_after_the_start_has_its_stored_value) {
    static constexpr settings::Setting table[] = {
        {.name = "app.level", .type = settings::Type::integer, .high = 9, .fallback = "3", .help = "how much"}};
    ASSERT_TRUE(rig.device->add_settings(table));
    int calls = 0;
    rig.device->on_settings([&calls] { ++calls; });
    send(R"({"app.level":7})");
    ASSERT_TRUE(becomes(R"("state":"kept")")) << status();
    rig.run_for(1s);
    EXPECT_EQ(calls, 1);
    rig.start();
    ASSERT_TRUE(rig.device->add_settings(table));
    EXPECT_EQ(rig.device->settings().integer("app.level"), 7);
}

TEST_F(Config, less_is_printed_at_log_level_error) {
    ASSERT_TRUE(change({{"log.level", "error"}}));
    rig.chip.uart.take_output();
    rig.start();
    ASSERT_TRUE(rig.online());
    EXPECT_FALSE(rig.printed("mqtt: connected")) << rig.chip.uart.output();
    EXPECT_FALSE(rig.printed("wifi: joined"));
}

TEST(FirstSetUp, the_network_stays_when_the_broker_does_not_know_the_device_yet) {
    OnlineDevice rig;
    const auto account = std::exchange(rig.broker.server.options.accounts, {});
    rig.run_for(10min);
    EXPECT_FALSE(rig.device->commissioned());
    EXPECT_EQ(as_text(rig.device->settings().bytes("wifi.0.ssid")), "Home");
    EXPECT_EQ(rig.device->settings().text("mqtt.0.host"), "broker.test");
    rig.broker.server.options.accounts = account;
    ASSERT_TRUE(rig.online());
    EXPECT_TRUE(rig.device->commissioned());
    rig.start();
    EXPECT_TRUE(rig.device->commissioned()) << "durable";
}

}  // namespace
}  // namespace esb
