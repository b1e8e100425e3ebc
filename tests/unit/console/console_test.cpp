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
        ASSERT_TRUE(console->add({"wifi connect", "<ssid> [<pass>]", "join a network", record()}));
        ASSERT_TRUE(console->add({"wifi info", "", "network and signal", record()}));
        ASSERT_TRUE(console->add({"status", "", "how it is doing", record()}));
        ASSERT_TRUE(console->add({"fail", "", "fails", [](Arguments, Report& report) {
                                      report.say("so: ");
                                      return Status(fail(errors::busy));
                                  }}));
    }
    // A command that notes its arguments.
    Function<Status(Arguments, Report&)> record() {
        auto* list = &runs;
        return [list](Arguments arguments, Report&) {
            list->emplace_back(arguments.begin(), arguments.end());
            return Status();
        };
    }
    std::string type(std::string_view text) {
        uart.type(text);
        console->poll(now);
        return uart.sent();
    }

    std::vector<std::vector<std::string>> runs;
    Instant now{};
    test::MemoryUart uart;
    std::unique_ptr<Console> console;
};

using Runs = std::vector<std::vector<std::string>>;

TEST_F(ConsoleTest, runs_a_line_for_each_kind_of_end) {
    EXPECT_EQ(type("wifi connect a\nwifi connect b\rwifi connect c\r\nwifi connect d\r\n"), "");
    EXPECT_EQ(runs, (Runs{{"a"}, {"b"}, {"c"}, {"d"}}));
    EXPECT_EQ(type("\r\n\n\r \r\n"), "");
    EXPECT_EQ(runs.size(), 4U);
}

TEST_F(ConsoleTest, a_line_may_arrive_byte_by_byte) {
    for (const char c : std::string("wifi connect \"my net\" secret\r")) EXPECT_EQ(type({&c, 1}), "");
    EXPECT_EQ(type("\nstatus\n"), "");
    EXPECT_EQ(runs, (Runs{{"my net", "secret"}, {}}));
}

TEST_F(ConsoleTest, a_filter_takes_every_byte_first) {
    const auto upper_case_is_not_ours = [](std::uint8_t byte, Instant) {
        static std::uint8_t kept;
        kept = byte;
        return ConstBytes(&kept, byte >= 'A' && byte <= 'Z' ? 0 : 1);
    };
    console->set_filter(upper_case_is_not_ours);
    type("wifi conXXnect a\n");
    EXPECT_EQ(runs, (Runs{{"a"}}));
    const auto last = console->last_input();
    now += Duration(1000);
    type("XX");
    EXPECT_EQ(console->last_input(), last);
}

TEST_F(ConsoleTest, unknown_commands_are_shown_escaped_and_without_their_arguments) {
    EXPECT_EQ(type("wfi connect net secret\n"), unknown + "\"wfi\"\r\n");
    EXPECT_EQ(type("wifi conect net secret\n"), unknown + "\"wifi\"\r\n");
    EXPECT_EQ(type("wifi\n"), unknown + "\"wifi\"\r\n");
    EXPECT_EQ(type("\"\\x1b[2J\\\"\xFF\"\n"), unknown + "\"\\x1b[2J\\\"\\xff\"\r\n");
    EXPECT_EQ(type("\"\"\n"), unknown + "\"\"\r\n");
    EXPECT_EQ(type(std::string(200, 'z') + "\n"), unknown + "\"" + std::string(32, 'z') + "\"...\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, wrong_arguments_show_the_usage_and_run_nothing) {
    EXPECT_EQ(type("wifi connect\n"),
              "error: an argument is missing (console.missing), usage: wifi connect <ssid> [<pass>]\r\n");
    EXPECT_EQ(type("wifi connect a b c\n"),
              "error: too many arguments (console.too_many), usage: wifi connect <ssid> [<pass>]\r\n");
    EXPECT_EQ(type("status now\n"), "error: too many arguments (console.too_many), usage: status\r\n");
    EXPECT_EQ(type("status 2 3 4 5 6 7 8 9 10 11 12 13\n"), "error: too many arguments (console.too_many)\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, bad_quoting_is_one_line) {
    EXPECT_EQ(type("wifi connect \"net\n"), "error: a quote is not closed (console.quote)\r\n");
    EXPECT_EQ(type("wifi connect \"\\q\"\n"),
              "error: within quotes a backslash needs a quote, another backslash or xHH behind it (console.escape)\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, the_longest_line_runs_and_one_byte_more_does_not) {
    const std::string name(line_max - 13, 'n');
    EXPECT_EQ(type("wifi connect " + name + "\n"), "");
    EXPECT_EQ(runs, (Runs{{name}}));
    EXPECT_EQ(type("wifi connect " + name + "n\n"), too_long);
    EXPECT_EQ(type(std::string(5000, 'x') + "\nstatus\n"), too_long);
    EXPECT_EQ(runs.size(), 2U);
}

TEST_F(ConsoleTest, a_control_byte_spoils_its_line_only) {
    for (int byte = 0; byte < 0x20; ++byte) {
        const char c = static_cast<char>(byte);
        if (c == '\b' || c == '\n' || c == '\r' || c == '\t') continue;  // a tab shows that a person sits there
        EXPECT_EQ(type(std::string("sta") + c + "tus\n"), control) << byte;
    }
    EXPECT_TRUE(runs.empty());
    EXPECT_EQ(type("status\n"), "");
    EXPECT_EQ(runs.size(), 1U);
}

TEST_F(ConsoleTest, a_line_with_several_faults_gives_one_line) {
    EXPECT_EQ(type(std::string(300, '\x01') + std::string(300, 'x') + "\"\n"), too_long);
}

TEST_F(ConsoleTest, backspace_and_delete_erase_whole_characters) {
    EXPECT_EQ(type("\b\x7Fstatux\bs\n"), "");
    EXPECT_EQ(type("wifi connect a\xE2\x82\xAC\x7F\n"), "");
    EXPECT_EQ(runs, (Runs{{}, {"a"}}));
    EXPECT_EQ(type("x\b\b\b\n"), "");
    EXPECT_EQ(type(std::string(300, 'x') + std::string(300, '\b') + "status\n"), too_long);
}

TEST_F(ConsoleTest, errors_of_a_command_are_its_one_line) {
    EXPECT_EQ(type("fail\n"), "so: error: another operation is under way (busy)\r\n");
}

TEST_F(ConsoleTest, a_line_that_a_command_leaves_open_is_ended) {
    ASSERT_TRUE(console->add({"open", "", "", [](Arguments, Report& report) {
                                  report.say("half");
                                  return Status();
                              }}));
    EXPECT_EQ(type("open\n"), "half\r\n");
}

// least and most arguments
TEST(SyntaxTest, counts_the_arguments_of_its_usage) {
    struct Case {
        std::string_view usage;
        std::size_t least, most;
    };
    for (const auto& one : {Case{"", 0, 0}, Case{"<a>", 1, 1}, Case{"[<a>]", 0, 1}, Case{"yes [<a>] [<b>]", 1, 3},
                            Case{"<a>...", 1, words_max - 1}, Case{"[<a>...]", 0, words_max - 1},
                            Case{"<a> [<b>...]", 1, words_max - 1}}) {
        const Syntax syntax{"x", one.usage, "", {}};
        EXPECT_EQ(syntax.least(), one.least) << one.usage;
        EXPECT_EQ(syntax.most(), one.most) << one.usage;
    }
    EXPECT_EQ((Syntax{"x y", "<a>...", "", {}}.most()), words_max - 2);
}

TEST_F(ConsoleTest, help_lists_aligned_commands) {
    EXPECT_EQ(type("help\n"),
              "help [<command>...]           list the commands\r\n"
              "terminal <on|off>             line editing and history\r\n"
              "wifi connect <ssid> [<pass>]  join a network\r\n"
              "wifi info                     network and signal\r\n"
              "status                        how it is doing\r\n"
              "fail                          fails\r\n");
}

TEST_F(ConsoleTest, help_about_something_lists_only_that) {
    EXPECT_EQ(type("help status\n"), "status  how it is doing\r\n");
    EXPECT_EQ(type("help wifi\n"),
              "wifi connect <ssid> [<pass>]  join a network\r\n"
              "wifi info                     network and signal\r\n");
    EXPECT_EQ(type("help wifi info\n"), "wifi info  network and signal\r\n");
    EXPECT_EQ(type("help status info\n"), unknown + "\"status\"\r\n");
    EXPECT_EQ(type("help \"\\x07\"\n"), unknown + "\"\\x07\"\r\n");
}

TEST_F(ConsoleTest, the_longer_name_wins) {
    ASSERT_TRUE(console->add({"wifi", "[<word>]", "", [](Arguments arguments, Report& report) {
                                  report.say("wifi ").say(arguments.empty() ? "" : arguments[0]);
                                  return Status();
                              }}));
    EXPECT_EQ(type("wifi info\n"), "");
    EXPECT_EQ(runs.size(), 1U);
    EXPECT_EQ(type("wifi other\n"), "wifi other\r\n");
    EXPECT_EQ(type("wifi\n"), "wifi \r\n");
}

TEST_F(ConsoleTest, bad_commands_are_not_added) {
    for (const auto* name : {"", " ", "help", "wifi info", "a b c", "Up", "a  b", "a ", " a", "a\n"}) {
        EXPECT_EQ(console->add({name, "", "", record()}).error(), errors::invalid_argument) << name;
    }
    EXPECT_EQ(console->add({"x", "[<a>] <b>", "", record()}).error(), errors::invalid_argument);
    for (const auto* usage : {"<a>  <b>", " <a>", "<a> ", "[<a>", "<a>]", "<a>... <b>"}) {
        EXPECT_EQ(console->add({"x", usage, "", record()}).error(), errors::invalid_argument) << usage;
    }
    EXPECT_EQ(console->add({"x", "", "", {}}).error(), errors::invalid_argument);
}

TEST_F(ConsoleTest, a_full_table_refuses_the_next_command) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i <= CommandTable::max_added; ++i) names.push_back("c" + std::to_string(i));
    std::size_t added = 0;
    while (console->add({names[added], "", "", record()})) ++added;
    EXPECT_EQ(added, CommandTable::max_added - 4);
    EXPECT_EQ(console->add({"more", "", "", record()}).error(), errors::full);
}

TEST_F(ConsoleTest, what_a_slow_port_did_not_take_is_sent_by_later_polls) {
    uart.set_room(0);
    EXPECT_EQ(type("help\n"), "");
    uart.set_room(10000);
    EXPECT_TRUE(type("").ends_with("fails\r\n"));
}

TEST_F(ConsoleTest, one_line_of_json_for_any_command) {
    ASSERT_TRUE(console->add({"facts", "[<a>] [<b>]", "", [](Arguments arguments, Report& report) {
                                  report.label("name").fact("name", "x\"y\\\x01").say(" words ");
                                  report.line("count", -5).line("yes", true).data("only", 1U);
                                  report.fact("a", arguments.empty() ? "" : arguments[0]);
                                  return Status();
                              }}));
    EXPECT_EQ(type("facts --json\n"), R"({"name":"x\"y\\\u0001","count":-5,"yes":true,"only":1,"a":"","ok":true})"
                                      "\r\n");
    EXPECT_EQ(type("facts\n"), "name: x\"y\\\\\\x01 words \r\ncount: -5\r\nyes: yes\r\n");
    EXPECT_EQ(type("fail  --json  \n"), R"({"ok":false,"error":"busy","text":"another operation is under way"})"
                                        "\r\n");
    EXPECT_EQ(type("status --json\n"), "{\"ok\":true}\r\n");
    EXPECT_EQ(runs, (Runs{{}}));
}

TEST_F(ConsoleTest, every_mistake_is_one_line_of_json_too) {
    EXPECT_EQ(type("wfi connect --json\n"),
              R"({"ok":false,"error":"console.unknown","text":"unknown command, try: help","word":"wfi"})"
              "\r\n");
    EXPECT_EQ(type("wifi connect --json\n"), R"({"ok":false,"error":"console.missing","text":"an argument is missing",)"
                                             R"("command":"wifi connect","usage":"<ssid> [<pass>]"})"
                                             "\r\n");
    EXPECT_EQ(type("x \"\\q\" --json\n").find(R"({"ok":false,"error":"console.escape")"), 0U);
    EXPECT_EQ(type("st\x01tus --json\n").find(R"({"ok":false,"error":"console.control_byte")"), 0U);
    EXPECT_EQ(type("--json\n"), "{\"ok\":true}\r\n");
    EXPECT_TRUE(runs.empty());
}

TEST_F(ConsoleTest, the_word_json_is_a_value_like_any_other_unless_it_is_the_last) {
    EXPECT_EQ(type("wifi connect --json x\nwifi connect \"--json\"\nwifi connect a--json\n"), "");
    EXPECT_EQ(runs, (Runs{{"--json", "x"}, {"--json"}, {"a--json"}}));
}

TEST_F(ConsoleTest, help_as_json_tells_every_command) {
    EXPECT_EQ(
        type("help wifi --json\n"),
        R"({"commands":[{"name":"wifi connect","usage":"<ssid> [<pass>]","help":"join a network","least":1,"most":2},)"
        R"({"name":"wifi info","usage":"","help":"network and signal","least":0,"most":0}],"ok":true})"
        "\r\n");
}

// A list that is three times as long as the buffer, on a port that takes little at a time.
TEST_F(ConsoleTest, a_long_list_waits_for_the_slow_port_and_is_whole) {
    ASSERT_TRUE(console->add({"long", "", "", [](Arguments, Report& report) {
                                  return report.list("items", 100, [&](std::size_t i) {
                                      report.item().fact("n", i).say(" is ").fact("text", std::string(50, 'x'));
                                      return Status();
                                  });
                              }}));
    std::string people;
    std::string json = "{\"items\":[";
    for (int i = 0; i < 100; ++i) {
        const auto n = std::to_string(i);
        people += n + " is " + std::string(50, 'x') + "\r\n";
        json += (i == 0 ? "" : ",") + ("{\"n\":" + n + ",\"text\":\"" + std::string(50, 'x') + "\"}");
    }
    json += "],\"ok\":true}\r\n";
    for (const auto* line : {"long\n", "long --json\n"}) {
        uart.set_room(0);
        std::string sent = type(std::string(line) + "status\n");
        while (console->deadline(now)) {
            uart.set_room(100);
            sent += type("");
        }
        EXPECT_EQ(sent, std::string_view(line) == "long\n" ? people : json);
    }
    EXPECT_EQ(runs.size(), 2U);  // what was typed meanwhile ran afterwards
}

TEST_F(ConsoleTest, lines_of_others_stand_behind_the_json_that_is_being_sent) {
    ASSERT_TRUE(console->add({"long", "", "", [](Arguments, Report& report) {
                                  return report.list("items", 60, [&](std::size_t) {
                                      report.item().fact("text", std::string(50, 'x'));
                                      return Status();
                                  });
                              }}));
    uart.set_room(0);
    std::string sent = type("long --json\n");
    console->output().line("wifi: joined");
    while (console->deadline(now)) {
        uart.set_room(100);
        sent += type("");
    }
    EXPECT_TRUE(sent.starts_with("{\"items\":[{"));
    EXPECT_TRUE(sent.ends_with("}],\"ok\":true}\r\nwifi: joined\r\n")) << sent;
}

TEST_F(ConsoleTest, more_json_than_the_buffer_holds_is_no_line_that_looks_whole) {
    ASSERT_TRUE(console->add({"huge", "", "", [](Arguments, Report& report) {
                                  for (int i = 0; i < 100; ++i) report.fact("x", std::string(50, 'x'));
                                  return Status();
                              }}));
    uart.set_room(0);
    std::string sent = type("huge --json\n");
    uart.set_room(100'000);
    sent += type("");
    EXPECT_EQ(sent.find("\"ok\""), std::string::npos) << sent;
    EXPECT_NE(sent.find("dropped"), std::string::npos) << sent;
    EXPECT_EQ(type("facts --json\n").front(), '{');
}

TEST_F(ConsoleTest, a_command_may_wait_and_input_waits_with_it) {
    bool done = false;
    ASSERT_TRUE(console->add({"later", "", "", [&done](Arguments, Report& report) {
                                  if (!done) return report.wait();
                                  report.fact("resumed", report.resumed());
                                  return Status();
                              }}));
    EXPECT_EQ(type("later --json\nstatus\n"), "");
    EXPECT_TRUE(runs.empty());
    EXPECT_TRUE(console->deadline(now));
    console->output().line("a line");
    EXPECT_EQ(type(""), "a line\r\n");
    done = true;
    EXPECT_EQ(type(""), "{\"resumed\":true,\"ok\":true}\r\n");
    EXPECT_EQ(runs.size(), 1U);
    EXPECT_FALSE(console->deadline(now));
}

TEST_F(ConsoleTest, constant_tables_are_commands_like_the_others) {
    static constexpr TableCommand table[] = {
        {"one", "", "first",
         [](void* context, Arguments, Report& report) {
             report.fact("value", *static_cast<int*>(context));
             return Status();
         }},
        {"two", "<x>", "second", [](void*, Arguments, Report&) { return Status(fail(errors::busy)); }},
    };
    int value = 7;
    ASSERT_TRUE(console->add(table, &value));
    EXPECT_EQ(type("one\n"), "7\r\n");
    EXPECT_EQ(type("two\n"), "error: an argument is missing (console.missing), usage: two <x>\r\n");
    EXPECT_EQ(console->add(table, &value).error(), errors::invalid_argument);
    static constexpr TableCommand twice[] = {
        {"three", "", "", [](void*, Arguments, Report&) { return Status(); }},
        {"three", "", "", [](void*, Arguments, Report&) { return Status(); }},
    };
    EXPECT_EQ(console->add(twice, nullptr).error(), errors::invalid_argument);
    static constexpr TableCommand empty[] = {{"four", "", "", nullptr}};
    EXPECT_EQ(console->add(empty, nullptr).error(), errors::invalid_argument);
    EXPECT_EQ(type("three\nfour\n"), unknown + "\"three\"\r\n" + unknown + "\"four\"\r\n");
}

TEST_F(ConsoleTest, while_locked_only_a_few_commands_exist) {
    console->set_locked(true);
    const std::string locked = "error: the console is locked, try: unlock <password> (console.locked)\r\n";
    for (const auto* line : {"status\n", "wifi connect a b\n", "wifi\n", "no-such-thing\n", "help status\n"}) {
        EXPECT_EQ(type(line), locked) << line;
    }
    EXPECT_EQ(type("help\n"),
              "help [<command>...]  list the commands\r\nterminal <on|off>    line editing and history\r\n");
    console->set_locked(false);
    EXPECT_EQ(type("status\n"), "");
    EXPECT_EQ(runs.size(), 1U);
}

}  // namespace
}  // namespace esb::console
