// The console of a whole Device: its commands for people and for programs, its lock across restarts, what it hides.
#include "esb/base/json.hpp"
#include "esb/console/table.hpp"
#include "support/device_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

using test::DeviceRig;
using testing::HasSubstr;
using testing::Not;
using vchip::Flash;
using vchip::MemoryStore;

class ShellTest : public testing::Test {
protected:
    // The answer to one line.
    std::string ask(const std::string& line, Duration time = Duration(100)) { return rig.type(line + "\n", time); }
    // Exactly one line of JSON with "ok"; the device's own lines may stand around it.
    static bool is_json(const std::string& answer) {
        const auto begin = answer.starts_with('{') ? 0 : answer.find("\n{") + 1;
        const auto end = answer.find("\r\n", begin);
        if (answer[begin] != '{' || answer.find("\n{", begin) != std::string::npos) return false;
        const auto document = JsonDocument::parse(as_bytes(answer.substr(begin, end - begin)), {.max_size = 16384});
        return document && document->root()["ok"].boolean();
    }

    MemoryStore store{vchip::default_flash_size};
    Flash flash{store};
    DeviceRig rig{flash};
};

TEST_F(ShellTest, every_command_answers_a_program_in_one_line_of_json) {
    rig.boot(10ms);
    rig.chip.radio.add_network("Home", "swordfish77");
    const auto help = ask("help --json");
    ASSERT_TRUE(is_json(help)) << help;
    const auto document = JsonDocument::parse(as_bytes(help.substr(0, help.size() - 2)), {.max_size = 16384});
    ASSERT_TRUE(document);
    unsigned commands = 0;
    for (auto one = document->root()["commands"].first(); one.is_present(); one = one.next()) {
        std::string line(*one["name"].text());
        for (std::int64_t i = 0; i < *one["least"].integer(0, 9); ++i) line += " x";
        const auto answer = ask(line + " --json", 5s);
        EXPECT_TRUE(is_json(answer)) << line << ": " << answer;
        ++commands;
    }
    EXPECT_GE(commands, 28U);
}

TEST_F(ShellTest, values_have_their_types) {
    rig.boot(10ms);
    EXPECT_EQ(ask("config get mqtt.0.port --json"),
              R"({"name":"mqtt.0.port","set":false,"secret":false,"value":8883,"ok":true})"
              "\r\n");
    EXPECT_EQ(ask("config get ota.legacy_md5 --json"),
              R"({"name":"ota.legacy_md5","set":false,"secret":false,"value":false,"ok":true})"
              "\r\n");
    EXPECT_EQ(ask("config get mqtt.0.psk.0 --json"), R"({"name":"mqtt.0.psk.0","set":true,"secret":true,"ok":true})"
                                                     "\r\n");
    EXPECT_THAT(ask("config set mqtt.0.port 0 --json"), HasSubstr(R"({"ok":false,"error":"setting.range")"));
    EXPECT_THAT(ask("config list mqtt.0."), Not(HasSubstr("wifi")));
    EXPECT_THAT(ask("identity"), HasSubstr("identity: ESP-"));
}

TEST_F(ShellTest, a_scan_answers_when_it_is_done) {
    rig.boot(10ms);
    rig.chip.radio.add_network("Home", "swordfish77");
    EXPECT_THAT(ask("wifi scan", 5s), HasSubstr("\"Home\"  "));
    const auto json = ask("wifi scan --json", 5s);
    EXPECT_TRUE(is_json(json)) << json;
    EXPECT_THAT(json, HasSubstr(R"("ssid":"Home")"));
}

TEST_F(ShellTest, authors_commands_and_variables_are_like_ours) {
    std::uint8_t level = 200;
    std::string name = "pump";
    rig.boot(10ms);
    const auto with_author = [&](const std::string& lines) {
        return rig.boot(100ms, [&](Device& device, vchip::SimChip& chip) {
            EXPECT_TRUE(device.debug("level", level));
            EXPECT_TRUE(device.debug("name", name));
            EXPECT_TRUE(device.add_command(
                {"lamp", "<on|off>", "switch it", [](console::Arguments words, console::Report& report) {
                     report.line("lamp", words[0]);
                     return Status();
                 }}));
            chip.uart.take_output();
            chip.uart.type(lines);
        });
    };
    EXPECT_EQ(with_author("debug list\n"), "level = 200\r\nname = pump\r\n");
    EXPECT_EQ(with_author("debug show name --json\n"), "{\"variables\":{\"name\":\"pump\"},\"ok\":true}\r\n");
    EXPECT_THAT(with_author("debug show nothing\n"), HasSubstr("device.no_variable"));
    EXPECT_EQ(with_author("lamp on\n"), "lamp: on\r\n");
    EXPECT_EQ(with_author("lamp on --json\n"), "{\"lamp\":\"on\",\"ok\":true}\r\n");
    EXPECT_THAT(with_author("help lamp\n"), HasSubstr("lamp <on|off>  switch it"));
    EXPECT_THAT(with_author("la\to\t\t"), HasSubstr("on  off"));
    EXPECT_THAT(with_author("debug show l\t\n"), HasSubstr("level = 200"));
}

TEST_F(ShellTest, what_an_author_adds_wrongly_is_told_loudly) {
    const auto text = rig.boot(10ms, [](Device& device, vchip::SimChip&) {
        const auto run = [](console::Arguments, console::Report&) { return Status(); };
        EXPECT_FALSE(device.add_command({"status", "", "", run}));
        static const int value = 1;
        EXPECT_FALSE(device.debug("", value));
        std::size_t added = 0;
        static constexpr std::string_view names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                                     "j", "k", "l", "m", "n", "o", "p", "q"};
        for (const auto name : names) added += device.add_command({name, "", "", run}) ? 1 : 0;
        EXPECT_EQ(added, console::CommandTable::max_added);
    });
    EXPECT_THAT(text, HasSubstr("command \"status\": error: the argument is not valid (invalid_argument)"));
    EXPECT_THAT(text, HasSubstr("command \"q\": error: no room is left (full)"));
    EXPECT_THAT(text, HasSubstr("debug \"\": error: "));
}

TEST_F(ShellTest, the_lock_holds_across_restarts_and_hides_everything_else) {
    rig.boot(10ms);
    EXPECT_EQ(ask("lock"), "error: no console password is set, try: lock set (console.no_password)\r\n");
    EXPECT_THAT(ask("lock set short"), HasSubstr("crypto.password_length"));
    EXPECT_EQ(ask("lock set \"open sesame\""), "ok\r\n");
    for (const auto* line : {"status", "config list", "wifi connect a b", "lock off", "lock set 12345678", "restart"}) {
        EXPECT_THAT(ask(line), HasSubstr("console.locked")) << line;
    }
    EXPECT_THAT(ask("help"), Not(HasSubstr("config")));
    EXPECT_THAT(ask("identity"), HasSubstr("ESP-"));
    EXPECT_THAT(ask("unlock \"open sesame\"\nstatus"), HasSubstr("unlocked\r\nfirmware: "));
    EXPECT_THAT(ask("status"), HasSubstr("console.locked"));  // the next start
    EXPECT_EQ(ask("unlock \"open sesame\"\nlock off"), "unlocked\r\nok\r\n");
    EXPECT_THAT(ask("status"), HasSubstr("firmware: "));
}

TEST_F(ShellTest, wrong_passwords_slow_down_and_a_restart_does_not_help) {
    rig.boot(10ms);
    ask("config set console.password \"open sesame\"");
    for (int i = 0; i < 3; ++i) EXPECT_THAT(ask("unlock 12345678"), HasSubstr("crypto.password_wrong"));
    EXPECT_THAT(ask("unlock \"open sesame\""), HasSubstr("next try: in 1 s\r\nerror: "));
    const auto text = rig.boot(2s, [](Device&, vchip::SimChip& chip) {
        chip.uart.take_output();
        chip.uart.type("unlock \"open sesame\" --json\n");
    });
    EXPECT_THAT(text, HasSubstr(R"({"wait":1,"ok":false,"error":"console.wait")"));
}

TEST_F(ShellTest, the_password_itself_is_never_stored_nor_shown) {
    const auto first = rig.boot(10ms);
    const auto text =
        ask("config set console.password \"open sesame\"\nconfig get console.password\nconfig list console.");
    EXPECT_THAT(text, HasSubstr("console.password = set (never shown)"));
    EXPECT_THAT(text, Not(HasSubstr("sesame")));
    std::string bytes(vchip::default_flash_size, '\0');
    rig.boot(10ms, [&](Device& device, vchip::SimChip&) {
        const auto hash = device.settings().bytes("console.password");
        EXPECT_EQ(hash.size(), 53U);
        EXPECT_EQ(std::string(as_text(hash)).find("sesame"), std::string::npos);
    });
    EXPECT_EQ(ask("unlock \"open sesame\"\nconfig set console.password \"\"\nstatus").substr(0, 25),
              "unlocked\r\nok\r\nfirmware: t");
}

TEST_F(ShellTest, at_a_terminal_secrets_are_neither_echoed_nor_kept) {
    rig.boot(10ms);
    const auto text = rig.type(
        "terminal on\ridentity\rwifi connect Home swordfish77\rmqtt psk 00112233445566778899aabbccddeeff\r"
        "config set wifi.0.pass swordfish77\rstatus\r\x1b[A\x1b[A\x1b[A\x1b[A");
    EXPECT_THAT(text, Not(HasSubstr("swordfish77")));
    EXPECT_THAT(text, Not(HasSubstr("0011")));
    EXPECT_THAT(text, HasSubstr("> wifi connect Home ***********"));
    EXPECT_THAT(text.substr(text.rfind("up: ")), HasSubstr("> identity"));
}

TEST_F(ShellTest, a_line_that_is_printed_meanwhile_does_not_tear_the_edit_line) {
    rig.boot(10ms);
    const auto text = rig.boot(100ms, [this](Device& device, vchip::SimChip& chip) {
        chip.uart.take_output();
        chip.uart.type("\tsta");
        static_cast<void>(rig.firmware->turn(Duration(0)));
        device.console().line("a line");
    });
    EXPECT_THAT(text, HasSubstr("sta\r\x1b[Ka line\r\n\r> sta"));
}

}  // namespace
}  // namespace esb
