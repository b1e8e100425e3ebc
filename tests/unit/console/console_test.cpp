#include "esb/console/console.hpp"

#include "support/memory_uart.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace esb::console {
namespace {

const std::string unknown = "error: unknown command, try: help (console.unknown): ";
const std::string control = "error: the line contains a control byte (console.control_byte)\r\n";
const std::string too_long = "error: the line is longer than 255 bytes (console.line_too_long)\r\n";

class ConsoleTest : public ::testing::Test {
protected:
    void SetUp() override { make(); }
    void make() {
        runs.clear();
        console = std::make_unique<Console>(uart);
        ASSERT_TRUE(console->add({"wifi connect", "<ssid> [<pass>]", "join a network", 1, 2, record()}));
        ASSERT_TRUE(console->add({"wifi info", "", "network and signal", 0, 0, record()}));
        ASSERT_TRUE(console->add({"status", "", "how it is doing", 0, 0, record()}));
        ASSERT_TRUE(console->add({"fail", "", "fails", 0, 0, [](Arguments, Output& out) {
                                      out.text("so: ");
                                      return Status(fail(errors::busy));
                                  }}));
    }
    // A command that notes its arguments.
    Function<Status(Arguments, Output&)> record() {
        auto* list = &runs;
        return [list](Arguments arguments, Output&) {
            list->emplace_back(arguments.begin(), arguments.end());
            return Status();
        };
    }
    std::string type(std::string_view text) {
        uart.type(text);
        console->poll();
        return uart.sent();
    }

    std::vector<std::vector<std::string>> runs;
    test::MemoryUart uart;
    std::unique_ptr<Console> console;
};

using Runs = std::vector<std::vector<std::string>>;

TEST_F(ConsoleTest, RunsALineForEachKindOfEnd) {
    EXPECT_EQ(type("wifi connect a\nwifi connect b\rwifi connect c\r\nwifi connect d\r\n"), "");
    EXPECT_EQ(runs, (Runs{{"a"}, {"b"}, {"c"}, {"d"}}));
    EXPECT_EQ(type("\r\n\n\r \r\n"), "");
    EXPECT_EQ(runs.size(), 4U);
}

TEST_F(ConsoleTest, ALineMayArriveByteByByte) {
    for (const char c : std::string("wifi connect \"my net\" secret\r")) EXPECT_EQ(type({&c, 1}), "");
    EXPECT_EQ(type("\nstatus\n"), "");
    EXPECT_EQ(runs, (Runs{{"my net", "secret"}, {}}));
}

TEST_F(ConsoleTest, RunTakesALineAsIfTyped) {
    console->run("wifi connect x");
    console->run("a\nb");
    console->run(std::string(line_max + 1, 'a'));
    EXPECT_EQ(runs, (Runs{{"x"}}));
    EXPECT_EQ(uart.sent(), control + too_long);
}

TEST_F(ConsoleTest, UnknownCommandsAreShownEscapedAndWithoutTheirArguments) {
    EXPECT_EQ(type("wfi connect net secret\n"), unknown + "\"wfi\"\r\n");
    EXPECT_EQ(type("wifi conect net secret\n"), unknown + "\"wifi\"\r\n");
    EXPECT_EQ(type("wifi\n"), unknown + "\"wifi\"\r\n");
    EXPECT_EQ(type("\"\\x1b[2J\\\"\xFF\"\n"), unknown + "\"\\x1b[2J\\\"\\xff\"\r\n");
    EXPECT_EQ(type("\"\"\n"), unknown + "\"\"\r\n");
    EXPECT_EQ(type(std::string(200, 'z') + "\n"), unknown + "\"" + std::string(32, 'z') + "\"...\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, WrongArgumentsShowTheUsageAndRunNothing) {
    EXPECT_EQ(type("wifi connect\n"),
              "error: an argument is missing (console.missing), usage: wifi connect <ssid> [<pass>]\r\n");
    EXPECT_EQ(type("wifi connect a b c\n"),
              "error: too many arguments (console.too_many), usage: wifi connect <ssid> [<pass>]\r\n");
    EXPECT_EQ(type("status now\n"), "error: too many arguments (console.too_many), usage: status\r\n");
    EXPECT_EQ(type("status 2 3 4 5 6 7 8 9 10 11 12 13\n"), "error: too many arguments (console.too_many)\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, BadQuotingIsOneLine) {
    EXPECT_EQ(type("wifi connect \"net\n"), "error: a quote is not closed (console.quote)\r\n");
    EXPECT_EQ(type("wifi connect \"\\q\"\n"),
              "error: within quotes a backslash needs \", \\ or xHH behind it (console.escape)\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, TheLongestLineRunsAndOneByteMoreDoesNot) {
    const std::string name(line_max - 13, 'n');
    EXPECT_EQ(type("wifi connect " + name + "\n"), "");
    EXPECT_EQ(runs, (Runs{{name}}));
    EXPECT_EQ(type("wifi connect " + name + "n\n"), too_long);
    EXPECT_EQ(type(std::string(5000, 'x') + "\nstatus\n"), too_long);
    EXPECT_EQ(runs.size(), 2U);
}

TEST_F(ConsoleTest, AControlByteSpoilsItsLineOnly) {
    for (int byte = 0; byte < 0x20; ++byte) {
        const char c = static_cast<char>(byte);
        if (c == '\b' || c == '\n' || c == '\r') continue;
        EXPECT_EQ(type(std::string("sta") + c + "tus\n"), control) << byte;
    }
    EXPECT_TRUE(runs.empty());
    EXPECT_EQ(type("status\n"), "");
    EXPECT_EQ(runs.size(), 1U);
}

TEST_F(ConsoleTest, ALineWithSeveralFaultsGivesOneLine) {
    EXPECT_EQ(type(std::string(300, '\x01') + std::string(300, 'x') + "\"\n"), too_long);
}

TEST_F(ConsoleTest, BackspaceAndDeleteEraseWholeCharacters) {
    EXPECT_EQ(type("\b\x7Fstatux\bs\n"), "");
    EXPECT_EQ(type("wifi connect a\xE2\x82\xAC\x7F\n"), "");
    EXPECT_EQ(runs, (Runs{{}, {"a"}}));
    EXPECT_EQ(type("x\b\b\b\n"), "");
    EXPECT_EQ(type(std::string(300, 'x') + std::string(300, '\b') + "status\n"), too_long);
}

TEST_F(ConsoleTest, ErrorsOfACommandAreItsOneLine) {
    EXPECT_EQ(type("fail\n"), "so: error: another operation is under way (busy)\r\n");
}

TEST_F(ConsoleTest, ALineThatACommandLeavesOpenIsEnded) {
    ASSERT_TRUE(console->add({"open", "", "", 0, 0, [](Arguments, Output& out) {
                                  out.text("half");
                                  return Status();
                              }}));
    EXPECT_EQ(type("open\n"), "half\r\n");
}

TEST_F(ConsoleTest, HelpListsAlignedCommands) {
    EXPECT_EQ(type("help\n"),
              "help [<command>]              list the commands\r\n"
              "wifi connect <ssid> [<pass>]  join a network\r\n"
              "wifi info                     network and signal\r\n"
              "status                        how it is doing\r\n"
              "fail                          fails\r\n");
}

TEST_F(ConsoleTest, HelpAboutSomethingListsOnlyThat) {
    EXPECT_EQ(type("help status\n"), "status  how it is doing\r\n");
    EXPECT_EQ(type("help wifi\n"),
              "wifi connect <ssid> [<pass>]  join a network\r\n"
              "wifi info                     network and signal\r\n");
    EXPECT_EQ(type("help wifi info\n"), "wifi info  network and signal\r\n");
    EXPECT_EQ(type("help status info\n"), unknown + "\"status\"\r\n");
    EXPECT_EQ(type("help \"\\x07\"\n"), unknown + "\"\\x07\"\r\n");
}

TEST_F(ConsoleTest, TheLongerNameWins) {
    ASSERT_TRUE(console->add({"wifi", "[<word>]", "", 0, 1, [](Arguments arguments, Output& out) {
                                  out.text("wifi ").line(arguments.empty() ? "" : arguments[0]);
                                  return Status();
                              }}));
    EXPECT_EQ(type("wifi info\n"), "");
    EXPECT_EQ(runs.size(), 1U);
    EXPECT_EQ(type("wifi other\n"), "wifi other\r\n");
    EXPECT_EQ(type("wifi\n"), "wifi \r\n");
}

TEST_F(ConsoleTest, BadCommandsAreNotAdded) {
    for (const auto* name : {"", " ", "help", "wifi info", "a b c", "Up", "a  b", "a ", " a", "a\n"}) {
        EXPECT_EQ(console->add({name, "", "", 0, 0, record()}).error(), errors::invalid_argument) << name;
    }
    EXPECT_EQ(console->add({"x", "", "", 1, 0, record()}).error(), errors::invalid_argument);
    EXPECT_EQ(console->add({"x", "", "", 0, 0, {}}).error(), errors::invalid_argument);
}

TEST_F(ConsoleTest, AFullTableRefusesTheNextCommand) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < Console::max_commands; ++i) names.push_back("c" + std::to_string(i));
    std::size_t added = 0;
    while (console->add({names[added], "", "", 0, 0, record()})) ++added;
    EXPECT_EQ(added, Console::max_commands - 5);
    EXPECT_EQ(console->add({"more", "", "", 0, 0, record()}).error(), errors::full);
}

TEST_F(ConsoleTest, EchoIsOffUntilAskedFor) {
    EXPECT_EQ(type("status"), "");
    EXPECT_EQ(type("\n"), "");
    console->set_echo(true);
    EXPECT_EQ(type("st\xC3\xA4"), "st\xC3\xA4");
    EXPECT_EQ(type("\b"), "\b \b");
    EXPECT_EQ(type("\b\b\b"), "\b \b\b \b");
    EXPECT_EQ(type("fail\r\n"), "fail\r\nso: error: another operation is under way (busy)\r\n");
}

TEST_F(ConsoleTest, WhatASlowPortDidNotTakeIsSentByLaterPolls) {
    uart.set_room(0);
    EXPECT_EQ(type("help\n"), "");
    uart.set_room(10000);
    EXPECT_TRUE(type("").ends_with("fails\r\n"));
}

TEST_F(ConsoleTest, ACommandMayRunAnother) {
    auto* const self = console.get();
    ASSERT_TRUE(console->add({"twice", "<line>", "", 1, 1, [self](Arguments arguments, Output&) {
                                  self->run(arguments[0]);
                                  self->run(arguments[0]);
                                  return Status();
                              }}));
    EXPECT_EQ(type("twice \"wifi connect a\"\n"), "");
    EXPECT_EQ(runs, (Runs{{"a"}, {"a"}}));
}

}  // namespace
}  // namespace esb::console
