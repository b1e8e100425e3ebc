// The set-up portal of a whole Device: when it is on the air, and the way from a phone's form to a message that went to
// the broker and back. Everything simulated, in virtual time; the TLS is real.
#include "support/online_device.hpp"
#include "support/web_rig.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace esb {
namespace {

using namespace std::chrono_literals;
using test::Phone;

constexpr chip::Mac phone_mac{2, 0, 0, 0, 0, 16};

std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 4.3.2.1\r\nAccept: */*\r\n\r\n";
}
std::string post(std::string_view path, const std::string& json = "{}") {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
}

// A device that was never set up, beside a network and a broker that knows it.
class NewDevice : public testing::Test {
protected:
    NewDevice()
        : store(vchip::default_flash_size), flash(store), network(world), broker(network), chip(network, flash) {
        chip.radio.add_network("Home", "correct horse");
        chip.resolver.set("broker.test", test::broker_address);
        start();
        add_account();
    }
    void start() {
        firmware.reset();
        static_cast<void>(chip.boot(chip::ResetReason::power_on));
        firmware = std::make_unique<Firmware>(chip.chip(), test::test_app());
        device = &firmware->device();
        firmware->start();
        restarted = false;
    }
    void add_account() {
        const auto psk = device->settings().bytes(settings::names::mqtt_psk);
        broker.server.options.accounts[std::string(device->identity())] = {psk.begin(), psk.end()};
    }
    bool run_until(const std::function<bool()>& done, Duration limit) {
        const auto until = world.now() + limit;
        while (!done() && !restarted && world.now() < until) {
            if (!firmware->turn(std::min<Duration>(until - world.now(), Duration(100)))) restarted = true;
        }
        return done();
    }
    void run_for(Duration time) {
        run_until([] { return false; }, time);
    }
    bool on_air() const { return chip.radio.access_point() != nullptr; }
    bool printed(std::string_view text) const { return chip.uart.output().find(text) != std::string::npos; }

    // One request of the phone; the body of the answer.
    std::string ask(std::string text) {
        phone.ask(std::move(text));
        if (!run_until([this] { return phone.over; }, 10s)) return "no answer";
        return phone.body().value_or("no body");
    }
    std::string state() { return ask(get("/api/state")); }
    bool state_has(std::string_view text) { return state().find(text) != std::string::npos; }
    std::string fill_in(const std::string& pass = "correct horse") {
        return ask(
            post("/api/try", R"({"wifi.0.ssid":"Home","wifi.0.pass":")" + pass + R"(","mqtt.0.host":"broker.test"})"));
    }

    vchip::MemoryStore store;
    vchip::Flash flash;
    vchip::SimWorld world;
    vchip::SimNetwork network;
    test::TlsBroker broker;
    vchip::SimChip chip;
    Phone phone{network, 77, chip.access_point_realm()};
    std::unique_ptr<Firmware> firmware;
    Device* device = nullptr;
    bool restarted = false;
};

TEST_F(NewDevice, opens_its_access_point_at_once_and_serves_the_page_there) {
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    const auto* ap = chip.radio.access_point();
    EXPECT_EQ(ap->ssid.view(), device->identity());
    EXPECT_EQ(as_text(ap->passphrase.reveal()), device->settings().text(settings::names::ap_pass));
    EXPECT_EQ(ap->max_stations, 1);
    ask(get("/"));
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_TRUE(
        printed("portal: open, no link: join " + std::string(device->identity()) + ", then http://4.3.2.1/"));
}

TEST_F(NewDevice, is_set_up_from_the_page_and_then_takes_it_off_the_air) {
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    ASSERT_TRUE(state_has(R"("state":"idle")"));
    EXPECT_NE(fill_in().find(R"("on_trial":false)"), std::string::npos);
    ASSERT_TRUE(run_until([this] { return device->online(); }, 30s));
    const auto done = state();
    EXPECT_NE(done.find(R"("attempt":{"n":1,"state":"done")"), std::string::npos) << done;
    EXPECT_NE(done.find(R"("commissioned":true,"key":false)"), std::string::npos) << done;
    EXPECT_TRUE(on_air()) << "the page shows the result first";
    ask(post("/api/shown"));
    EXPECT_EQ(phone.status(), 200U);
    EXPECT_TRUE(run_until([this] { return !on_air(); }, 5s));
    run_for(30min);
    EXPECT_FALSE(on_air());
    EXPECT_TRUE(device->online());
}

TEST_F(NewDevice, a_result_that_nobody_confirms_closes_it_after_a_minute) {
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in();
    ASSERT_TRUE(run_until([this] { return device->online(); }, 30s));
    run_for(50s);
    EXPECT_TRUE(on_air());
    run_for(20s);
    EXPECT_FALSE(on_air());
}

TEST_F(NewDevice, set_up_by_other_means_it_does_not_wait_for_a_page_that_nobody_opened) {
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    chip.uart.type("wifi connect Home \"correct horse\"\n");
    EXPECT_TRUE(run_until([this] { return !on_air(); }, 10s));
}

TEST_F(NewDevice, a_wrong_passphrase_is_told_and_another_try_succeeds) {
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in("wrong horse");
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"failed","step":"join")"); }, 30s)) << state();
    EXPECT_TRUE(state_has(R"("reason":"wrong password")"));
    fill_in();
    EXPECT_TRUE(run_until([this] { return device->online(); }, 30s));
    EXPECT_TRUE(state_has(R"("attempt":{"n":2,"state":"done")"));
}

TEST_F(NewDevice, without_an_account_the_network_is_kept_and_the_account_may_come_later) {
    broker.server.options.accounts.clear();
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in();
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"failed","step":"tls","error":"tls.bad_psk")"); }, 30s))
        << state();
    EXPECT_TRUE(state_has(R"("ssid":"Home")"));
    add_account();
    EXPECT_TRUE(run_until([this] { return device->online(); }, 3min));
}

TEST_F(NewDevice, the_key_is_told_until_it_has_been_on_line) {
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    const auto told = ask(post("/api/key"));
    EXPECT_NE(told.find(R"("psk":")"), std::string::npos);
    fill_in();
    ASSERT_TRUE(run_until([this] { return device->online(); }, 30s));
    EXPECT_NE(ask(post("/api/key")).find("portal.key_hidden"), std::string::npos);
    EXPECT_EQ(phone.status(), 403U);
}

TEST_F(NewDevice, stays_open_while_the_person_looks_for_what_is_wrong) {
    broker.server.options.accounts.clear();
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in();
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"failed","step":"tls")"); }, 30s));
    run_for(5min);
    EXPECT_TRUE(on_air()) << "the link is up, but that is not what was wanted";
    add_account();
    ask(post("/api/try"));
    ASSERT_TRUE(run_until([this] { return device->online(); }, 30s));
    EXPECT_TRUE(run_until([this] { return !on_air(); }, 70s)) << "a success that nobody confirms";
}

TEST_F(NewDevice, a_failure_does_not_keep_it_open_longer_than_its_time) {
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in("wrong horse");
    run_for(9min);
    EXPECT_TRUE(on_air());
    run_for(2min);
    EXPECT_FALSE(on_air());
}

TEST_F(NewDevice, a_key_that_was_in_use_is_not_told_after_a_reset_that_kept_it) {
    chip.uart.type("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
    ASSERT_TRUE(run_until([this] { return device->online(); }, 1min));
    chip.uart.type("factory-reset yes keep-secrets\n");
    ASSERT_TRUE(run_until([this] { return restarted; }, 10s));
    start();
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_FALSE(device->commissioned());
    EXPECT_NE(ask(post("/api/key")).find("portal.key_hidden"), std::string::npos);
    chip.uart.type("factory-reset yes\n");
    ASSERT_TRUE(run_until([this] { return restarted; }, 10s));
    start();
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_NE(ask(post("/api/key")).find(R"("psk":")"), std::string::npos) << "that is a new one";
}

// --- Once it has been on line ---

class CommissionedDevice : public NewDevice {
protected:
    CommissionedDevice() {
        run_for(100ms);
        chip.uart.type("wifi connect Home \"correct horse\"\nmqtt server broker.test\n");
        run_until([this] { return device->online(); }, 1min);
    }
    void press(Duration time) {
        chip.button.press();
        run_for(time);
        chip.button.release();
        run_for(100ms);
    }
};

TEST_F(CommissionedDevice, a_jammed_network_opens_no_portal) {
    ASSERT_TRUE(device->online());
    chip.radio.set_on(false);
    run_for(30min);
    EXPECT_FALSE(on_air());
}

TEST_F(CommissionedDevice, a_brief_press_opens_it_and_the_console_closes_it) {
    ASSERT_TRUE(device->online());
    press(300ms);
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_TRUE(device->online()) << "the link stays";
    chip.uart.type("portal info\nportal close\n");
    EXPECT_TRUE(run_until([this] { return !on_air(); }, 5s));
    EXPECT_TRUE(printed("closes in: 59")) << chip.uart.output();
    chip.uart.type("portal open\n");
    EXPECT_TRUE(run_until([this] { return on_air(); }, 5s));
}

TEST_F(CommissionedDevice, a_change_that_cuts_it_off_is_taken_back_and_the_page_says_so) {
    ASSERT_TRUE(device->online());
    press(300ms);
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_NE(fill_in("wrong horse").find(R"("on_trial":true)"), std::string::npos);
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"failed","step":"join")"); }, 30s));
    ASSERT_TRUE(run_until([this] { return state_has(R"("back":true)"); }, 3min)) << state();
    EXPECT_TRUE(run_until([this] { return device->online(); }, 5min)) << "with the settings from before";
}

TEST_F(CommissionedDevice, a_second_try_does_not_wait_for_the_end_of_the_first) {
    press(300ms);
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    fill_in("wrong horse");
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"failed","step":"join")"); }, 30s));
    EXPECT_NE(fill_in("correct horse").find(R"("attempt":2)"), std::string::npos);
    EXPECT_TRUE(run_until([this] { return state_has(R"("n":2,"state":"done")"); }, 30s)) << state();
}

TEST_F(CommissionedDevice, a_change_by_others_that_is_on_trial_is_left_alone) {
    chip.uart.type("wifi connect Elsewhere\nportal open\n");
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_NE(fill_in().find("config.on_trial"), std::string::npos);
}

TEST_F(CommissionedDevice, the_network_that_is_tried_is_joined_although_another_one_is_up) {
    chip.uart.type("config set wifi.1.ssid Home\nconfig set wifi.1.pass \"correct horse\"\n");
    run_for(2s);
    chip.uart.type("wifi connect Lab \"wrong horse\"\n");
    run_for(3min);
    ASSERT_TRUE(device->online()) << "by the second network";
    chip.radio.add_network("Lab", "a better horse", -30);
    press(300ms);
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    ask(post("/api/try", R"({"wifi.0.ssid":"Lab","wifi.0.pass":"a better horse"})"));
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"done")"); }, 60s)) << state();
    EXPECT_TRUE(state_has(R"("ssid":"Lab")"));
}

TEST_F(CommissionedDevice, an_old_success_is_not_told_at_the_next_opening) {
    press(300ms);
    chip.radio.set_phones({phone_mac});
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    ask(post("/api/try"));
    ASSERT_TRUE(run_until([this] { return state_has(R"("state":"done")"); }, 30s)) << state();
    ask(post("/api/close"));
    ASSERT_TRUE(run_until([this] { return !on_air(); }, 10s));
    press(300ms);
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_TRUE(state_has(R"("state":"idle")"));
}

TEST_F(CommissionedDevice, the_access_point_changes_with_its_settings) {
    chip.uart.type("config set ap.address 192.168.4.1\nconfig set ap.pass \"another one\"\nportal open\n");
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_EQ(chip::to_text(chip.radio.access_point()->address).view(), "192.168.4.1");
    EXPECT_EQ(as_text(chip.radio.access_point()->passphrase.reveal()), "another one");
}

TEST_F(CommissionedDevice, a_factory_reset_from_the_page_needs_the_devices_name) {
    press(300ms);
    ASSERT_TRUE(run_until([this] { return on_air(); }, 5s));
    EXPECT_NE(ask(post("/api/reset", R"({"identity":"ESP-000000000000"})")).find("portal.wrong_identity"),
              std::string::npos);
    ask(post("/api/reset", R"({"identity":")" + std::string(device->identity()) + R"("})"));
    EXPECT_EQ(phone.status(), 200U) << "the answer leaves before the restart";
    EXPECT_TRUE(run_until([this] { return restarted; }, 10s));
    start();
    EXPECT_FALSE(device->commissioned());
}

}  // namespace
}  // namespace esb
