// An update that waits, on a whole device: who hears of it, and who may say something of it.
#include "esb/base/json.hpp"
#include "esb/ota/errors.hpp"
#include "support/online_device.hpp"
#include "tests/support/test_signer.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

using namespace std::chrono_literals;
using test::OnlineDevice;
namespace wire = test::wire;

AppDesc waiting_app() {
    static const std::string text = test::shared_signer().public_text();
    static const std::string_view keys[] = {text};
    return {{"test", "vchip", "1.0.0", 1}, keys};
}

struct WaitingDevice : testing::Test {
    OnlineDevice rig{waiting_app()};
    std::string base;
    std::vector<std::string> heard;  // by the author

    void SetUp() override {
        rig.settings("config set ota.when ask\nconfig set ha.discovery on\n");
        listen();
        ASSERT_TRUE(rig.online());
        base = "ESP/" + std::string(rig.device->identity().substr(4));
        rig.run_for(2s);
    }
    void listen() {
        rig.device->on_update_waiting([this](const UpdateWaiting* update) {
            heard.push_back(update == nullptr ? "none" : std::string(update->version) + (update->asks ? " asks" : ""));
        });
    }
    void send(std::string_view leaf, const std::string& payload, bool retain = false) {
        rig.broker.say(wire::publish(base + "/" + std::string(leaf), payload, 1, ++packet_, false, retain));
        rig.run_for(1s);
    }
    void offer(unsigned seq = 2) {
        test::Manifest manifest;
        manifest.app = "test";
        manifest.ver = "1." + std::to_string(seq);
        manifest.seq = seq;
        manifest.size = 1000;
        manifest.sha256 = std::string(63, '1') + std::to_string(seq);
        send("ota", test::shared_signer().envelope("esb-update", manifest.json()));
    }
    std::string member(const char* name) {
        const auto document = JsonDocument::parse(as_bytes(rig.broker.latest(base + "/ota/status")));
        return document ? std::string(document->root()[name].text().value_or("-")) : "no JSON";
    }
    bool asked_for(const std::string& topic) const {
        return std::any_of(rig.broker.packets.begin(), rig.broker.packets.end(),
                           [&](const auto& packet) { return packet.type == 8 && packet.topic == topic; });
    }

private:
    std::uint16_t packet_ = 100;
};

TEST_F(WaitingDevice, tells_everybody_of_an_update_and_installs_it_when_home_assistant_says_so) {
    offer();
    EXPECT_EQ(member("state"), "waiting");
    EXPECT_EQ(member("ver"), "1.2");
    EXPECT_EQ(member("when"), "ask");
    EXPECT_EQ(member("waits_for"), "ask");
    EXPECT_TRUE(rig.printed("ota: waiting \"1.2\" for somebody's word, 0 of 1000 bytes"));
    EXPECT_EQ(heard, std::vector<std::string>{"1.2 asks"});
    const auto announced =
        rig.broker.latest("homeassistant/update/" + std::string(rig.device->identity()) + "/firmware/config");
    const auto document = JsonDocument::parse(as_bytes(announced));
    ASSERT_TRUE(document) << announced;
    EXPECT_EQ(document->root()["command_topic"].text().value_or(""), base + "/ota/do");
    send("ota/do", std::string(document->root()["payload_install"].text().value_or("")));
    EXPECT_EQ(member("state"), "downloading");
    EXPECT_EQ(member("waits_for"), "-");
    EXPECT_EQ(heard.back(), "none");
}

TEST_F(WaitingDevice, takes_words_at_the_console) {
    rig.settings("ota install\n");
    EXPECT_TRUE(rig.printed("ota.nothing_waits"));
    offer();
    rig.settings("ota postpone soon\n");
    EXPECT_TRUE(rig.printed("invalid_argument"));
    rig.settings("ota postpone 2h\nota status\n");
    EXPECT_TRUE(rig.printed("ok: not before 2h are over"));
    rig.run_for(1s);
    EXPECT_EQ(member("waits_for"), "postponed");
    EXPECT_EQ(heard.back(), "1.2");
    rig.settings("ota status\n");
    EXPECT_TRUE(rig.printed("waits: for the end of its postponement"));
    rig.settings("ota skip\n");
    rig.run_for(1s);
    EXPECT_EQ(member("error"), "ota.skipped");
    EXPECT_EQ(heard.back(), "none");
    offer();
    EXPECT_EQ(member("error"), "ota.skipped");
    rig.settings("ota retry\n");
    offer();
    EXPECT_EQ(member("state"), "waiting");
}

TEST_F(WaitingDevice, refuses_retained_and_unknown_words_and_stays_as_it_is) {
    offer();
    send("ota/do", "install", true);
    EXPECT_TRUE(rig.printed("ota.retained"));
    send("ota/do", "install now");
    EXPECT_TRUE(rig.printed("ota.word"));
    send("ota/do", std::string(5000, 'x'));
    EXPECT_EQ(member("state"), "waiting");
    EXPECT_EQ(heard, std::vector<std::string>{"1.2 asks"});
}

TEST_F(WaitingDevice, holds_it_over_a_loss_of_power_and_lets_the_author_install_it) {
    offer();
    heard.clear();
    rig.start();
    listen();
    ASSERT_TRUE(rig.online());
    rig.run_for(2s);
    EXPECT_EQ(heard, std::vector<std::string>{"1.2 asks"});
    EXPECT_EQ(member("state"), "waiting");
    EXPECT_TRUE(rig.device->postpone_update(1h));
    EXPECT_FALSE(rig.device->postpone_update(0s));
    EXPECT_TRUE(rig.device->install_update());
    rig.run_for(1s);
    EXPECT_EQ(member("state"), "downloading");
    EXPECT_EQ(rig.device->skip_update().error(), errors::ota_nothing_waits);
}

TEST_F(WaitingDevice, hears_words_only_while_updates_wait) {
    EXPECT_TRUE(asked_for(base + "/ota/do"));
    offer();
    rig.settings("config set ota.when now\n");
    rig.run_for(2s);
    EXPECT_EQ(member("state"), "downloading") << "nobody is asked any more";
    EXPECT_EQ(member("when"), "-");
    OnlineDevice other(waiting_app());
    ASSERT_TRUE(other.online());
    other.run_for(2s);
    const auto topic = "ESP/" + std::string(other.device->identity().substr(4)) + "/ota/do";
    for (const auto& packet : other.broker.packets) EXPECT_FALSE(packet.type == 8 && packet.topic == topic);
}

TEST_F(WaitingDevice, opens_no_window_while_nobody_knows_the_time) {
    rig.settings("config set ota.when window\nconfig set ota.window 00:00-24:00\n");
    rig.settings("config set time.zone Europe/Berlin\n");
    EXPECT_TRUE(rig.printed("setting.format"));
    offer();
    EXPECT_EQ(member("waits_for"), "clock");
    rig.chip.chip().clock.set_wall(UnixTime(1'790'000'000));
    rig.run_for(2min);
    EXPECT_EQ(member("state"), "downloading");
}

}  // namespace
}  // namespace esb
