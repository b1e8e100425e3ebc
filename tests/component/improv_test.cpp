// Improv at a whole Device's serial port: frames in, frames out, and the console beside them.
#include "support/online_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using vchip::SimChip;

std::string frame(char type, const std::string& data) {
    auto made = "IMPROV\x01"s + type + static_cast<char>(data.size()) + data;
    unsigned sum = 0;
    for (const char c : made) sum += static_cast<unsigned char>(c);
    return made + static_cast<char>(sum & 0xFF) + "\n";
}
std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }
std::string command(char id, const std::string& payload = {}) { return frame(3, id + text(payload)); }
std::string join(const std::string& ssid, const std::string& password) {
    return command(1, text(ssid) + text(password));
}
const auto ask_state = command(2);
const auto ask_info = command(3);
const auto ask_scan = command(4);

std::string state(char value) { return frame(1, {value}); }
std::string error(char value) { return frame(2, {value}); }
std::string result(char id, const std::vector<std::string>& texts) {
    std::string payload;
    for (const auto& each : texts) payload += text(each);
    return frame(4, id + text(payload));
}

// What a browser and a person see in the same bytes: it takes frames only at the beginning of a line, as the common
// browser library does.
struct Seen {
    std::vector<std::string> frames;
    std::string lines;  // the rest, without the LF around the frames

    explicit Seen(const std::string& output) {
        bool at_begin = true;
        for (std::size_t i = 0; i < output.size();) {
            if (at_begin && output.compare(i, 6, "IMPROV") == 0) {
                const auto size = 9 + static_cast<std::size_t>(static_cast<unsigned char>(output[i + 8])) + 2;
                frames.push_back(output.substr(i, size));
                i += size;
                continue;
            }
            at_begin = output[i] == '\n';
            if (!at_begin || lines.ends_with('\r')) lines += output[i];
            ++i;
        }
    }
};

class Improv : public testing::Test {
protected:
    Improv() : store(vchip::default_flash_size), flash(store), network(world), chip(network, flash) {
        chip.radio.add_network("Home", "correct horse", -48);
        chip.radio.add_network("Barn", "", -70);
        start();
    }
    void start() {
        firmware.reset();
        static_cast<void>(chip.boot(chip::ResetReason::power_on));
        firmware = std::make_unique<Firmware>(chip.chip(), test::test_app());
        device = &firmware->device();
        firmware->start();
        run_for(1s);
        chip.uart.take_output();
    }
    void run_for(Duration time) {
        const auto until = world.now() + time;
        do {
            ASSERT_TRUE(firmware->turn(std::min<Duration>(until - world.now(), Duration(100))));
        } while (world.now() < until);
    }
    Seen say(const std::string& bytes, Duration time = 100ms) {
        chip.uart.type(bytes);
        run_for(time);
        return Seen(chip.uart.take_output());
    }

    vchip::MemoryStore store;
    vchip::Flash flash;
    vchip::SimWorld world;
    vchip::SimNetwork network;
    SimChip chip;
    std::unique_ptr<Firmware> firmware;
    Device* device = nullptr;
};

TEST_F(Improv, a_browser_finds_the_device_and_learns_who_it_is) {
    EXPECT_THAT(say(ask_state).frames, ElementsAre(state(2)));
    const std::string name(device->identity());
    EXPECT_THAT(say(ask_info).frames, ElementsAre(result(3, {"test", "1.0.0", "vchip", name})));
    EXPECT_THAT(say(command(9)).frames, ElementsAre(error(2)));
}

TEST_F(Improv, a_scan_lists_what_is_in_the_air) {
    const auto seen = say(ask_scan, 5s);
    EXPECT_THAT(seen.frames,
                ElementsAre(result(4, {"Home", "-48", "YES"}), result(4, {"Barn", "-70", "NO"}), result(4, {})));
}

TEST_F(Improv, a_scan_that_never_ends_is_an_empty_one) {
    chip.radio.set_on(false);
    const auto seen = say(ask_scan, 20s);
    EXPECT_EQ(seen.frames.back(), result(4, {}));
}

TEST_F(Improv, joins_and_tells_when_there_is_an_address) {
    const auto seen = say(join("Home", "correct horse"), 10s);
    EXPECT_THAT(seen.frames, ElementsAre(error(0), state(3), state(4), result(1, {})));
    EXPECT_THAT(seen.lines, HasSubstr("wifi: joined \"Home\", address "));
    EXPECT_THAT(say(ask_state).frames, ElementsAre(state(4), result(2, {})));
    // The same once more needs no other link.
    EXPECT_THAT(say(join("Home", "correct horse")).frames, ElementsAre(error(0), state(3), state(4), result(1, {})));
    start();  // it was stored
    run_for(10s);
    EXPECT_THAT(say(ask_state).frames, ElementsAre(state(4), result(2, {})));
}

TEST_F(Improv, an_open_network_takes_no_passphrase) {
    EXPECT_THAT(say(join("Barn", ""), 10s).frames, ElementsAre(error(0), state(3), state(4), result(1, {})));
}

TEST_F(Improv, a_wrong_password_is_told_and_the_next_try_begins_at_once) {
    const auto wrong = say(join("Home", "wrong horse"), 10s);
    EXPECT_THAT(wrong.frames, ElementsAre(error(0), state(3), error(3), state(2)));
    EXPECT_THAT(wrong.lines, HasSubstr("wrong password"));
    const auto right = say(join("Home", "correct horse"), 5s);
    EXPECT_THAT(right.frames, ElementsAre(error(0), state(3), state(4), result(1, {})));
}

TEST_F(Improv, the_same_network_is_tried_again_without_waiting_for_the_back_off) {
    chip.radio.remove_network("Home");
    EXPECT_THAT(say(join("Home", "correct horse"), 24s).frames, ElementsAre(error(0), state(3), error(3), state(2)));
    run_for(10min);  // the back-off is long by now
    chip.uart.take_output();
    chip.radio.add_network("Home", "correct horse");
    EXPECT_THAT(say(join("Home", "correct horse"), 5s).frames,
                ElementsAre(error(0), state(3), state(4), result(1, {})));
}

TEST_F(Improv, credentials_that_no_network_has_are_refused) {
    const auto seen = say(join("Home", "short"));
    EXPECT_THAT(seen.frames, ElementsAre(error(0), state(3), error(3), state(2)));
    EXPECT_THAT(seen.lines, HasSubstr("improv: error: "));
    EXPECT_THAT(say(join(std::string(33, 'x'), "correct horse")).frames, ElementsAre(error(1)));
    EXPECT_FALSE(device->settings().is_set(settings::names::wifi_ssid));
}

TEST_F(Improv, garbage_and_frames_do_not_disturb_the_console) {
    auto broken = ask_state;
    broken[broken.size() - 2] = static_cast<char>(broken[broken.size() - 2] + 1);
    const auto seen = say("ident" + broken + "IMPROVement\x03\nIMP\n" + ask_info.substr(0, 10), 100ms);
    EXPECT_THAT(seen.frames, ElementsAre(error(1)));
    EXPECT_THAT(seen.lines, HasSubstr("error: "));
    run_for(1s);  // half a frame is given up
    EXPECT_THAT(say("identity\n" + ask_state + "identity\n").lines, HasSubstr("identity: ESP-"));
    EXPECT_THAT(say("ident" + ask_state + "ity\n").lines, HasSubstr("identity: ESP-"));
}

TEST_F(Improv, log_lines_never_stand_inside_frames) {
    chip.uart.set_write_limit(7);
    for (int i = 0; i < 20; ++i) {
        device->console().text("a line that is open ");
        chip.uart.type(ask_info);
        run_for(10ms);
        device->console().line("while frames leave");
        chip.uart.type("identity\n" + ask_state);
        run_for(1s);
    }
    const Seen seen(chip.uart.take_output());
    ASSERT_EQ(seen.frames.size(), 40U);
    for (std::size_t i = 0; i < 40; i += 2) {
        EXPECT_EQ(seen.frames[i][9], 3);
        EXPECT_EQ(seen.frames[i + 1], state(2));
    }
    EXPECT_THAT(seen.lines, Not(HasSubstr("IMPROV")));
    EXPECT_THAT(seen.lines, HasSubstr("a line that is open while frames leave\r\n"));
}

TEST_F(Improv, the_line_being_typed_is_drawn_again) {
    say("terminal on\n");
    say("ident");
    chip.uart.type(ask_state);
    run_for(100ms);
    const auto output = chip.uart.take_output();
    EXPECT_TRUE(output.starts_with("\r\x1B[K\n" + state(2))) << output;
    EXPECT_THAT(output, HasSubstr("> ident"));
    EXPECT_THAT(say("ity\n").lines, HasSubstr("identity: ESP-"));
}

TEST_F(Improv, a_locked_console_that_has_never_been_on_line_can_be_provisioned) {
    say("lock set \"open sesame\"\nlock\n");
    EXPECT_THAT(say("status\n").lines, HasSubstr("console.locked"));
    EXPECT_THAT(say(join("Home", "correct horse"), 10s).frames,
                ElementsAre(error(0), state(3), state(4), result(1, {})));
}

TEST_F(Improv, frames_do_not_keep_an_unlocked_console_open) {
    say("lock set \"open sesame\"\n");
    say("unlock \"open sesame\"\n");
    for (int i = 0; i < 11; ++i) EXPECT_EQ(say(ask_state, 1min).frames.size(), 1U);
    EXPECT_THAT(say("status\n").lines, HasSubstr("console.locked"));
}

class CommissionedImprov : public testing::Test {
protected:
    Seen say(const std::string& bytes, Duration time = 100ms) {
        lab.chip.uart.take_output();
        lab.chip.uart.type(bytes);
        lab.run_for(time);
        return Seen(lab.chip.uart.take_output());
    }

    std::string ssid() { return std::string(as_text(lab.device->settings().bytes(settings::names::wifi_ssid))); }

    test::OnlineDevice lab;
};

TEST_F(CommissionedImprov, a_locked_console_keeps_its_network) {
    ASSERT_TRUE(lab.online());
    lab.settings("lock set \"open sesame\"\nlock\n");
    lab.chip.radio.add_network("Evil", "correct horse");
    const auto seen = say(join("Evil", "correct horse"), 1min);
    EXPECT_THAT(seen.frames, ElementsAre(error(0), state(3), error(3), state(2)));
    EXPECT_THAT(seen.lines, HasSubstr("improv: error: the console is locked"));
    EXPECT_EQ(ssid(), "Home");
    EXPECT_THAT(say(ask_state).frames, ElementsAre(state(4), result(2, {})));
    // Whoever knows the password may.
    say("unlock \"open sesame\"\n");
    EXPECT_THAT(say(join("Evil", "correct horse"), 10s).frames,
                ElementsAre(error(0), state(3), state(4), result(1, {})));
}

TEST_F(CommissionedImprov, a_change_is_on_trial_and_the_next_try_ends_it) {
    ASSERT_TRUE(lab.online());
    lab.chip.radio.add_network("Shed", "swordfish77");
    const auto wrong = say(join("Shed", "mistyped77"), 10s);
    EXPECT_THAT(wrong.frames, ElementsAre(error(0), state(3), error(3), state(2)));
    EXPECT_THAT(wrong.lines, HasSubstr("config: staged"));
    const auto right = say(join("Shed", "swordfish77"), 10s);
    EXPECT_THAT(right.frames, ElementsAre(error(0), state(3), state(4), result(1, {})));
    ASSERT_TRUE(lab.run_until([&] { return !lab.device->settings().staged(); }, 5min));
    EXPECT_EQ(ssid(), "Shed");
}

TEST_F(CommissionedImprov, a_change_that_fails_is_taken_back_by_itself) {
    ASSERT_TRUE(lab.online());
    say(join("Nowhere", "swordfish77"), 30s);
    EXPECT_FALSE(lab.device->online());
    ASSERT_TRUE(lab.online(10min));
    EXPECT_EQ(ssid(), "Home");
}

TEST_F(CommissionedImprov, somebody_elses_trial_is_left_alone) {
    ASSERT_TRUE(lab.online());
    lab.settings("wifi connect Elsewhere \"correct horse\"\n");
    ASSERT_TRUE(lab.device->settings().staged());
    const auto seen = say(join("Home", "correct horse"));
    EXPECT_THAT(seen.frames, ElementsAre(error(0), state(3), error(3), state(2)));
    EXPECT_THAT(seen.lines, HasSubstr("config.on_trial"));
}

}  // namespace
}  // namespace esb
