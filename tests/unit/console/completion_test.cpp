#include "esb/console/completion.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::console {
namespace {

using Words = std::vector<std::string>;

class Settings final : public Vocabulary {
public:
    std::string_view word(std::string_view kind, std::size_t index) const override {
        constexpr std::string_view names[] = {"mqtt.0.host", "mqtt.0.port", "mqtt.0.psk.0", "log.level"};
        return kind == "setting" && index < std::size(names) ? names[index] : std::string_view();
    }
    bool is_public(std::string_view kind, std::string_view word) const override {
        return kind == "setting" && word == "log.level";
    }
};

Status nothing(void*, Arguments, Report&) { return {}; }

constexpr TableCommand table[] = {
    {"help", "[<command>...]", "", nothing, {.while_locked = true}},
    {"config get", "<setting>", "", nothing},
    {"config set", "<setting> <value>", "", nothing, {.secret_from = 1}},
    {"factory-reset", "yes [keep-secrets]", "", nothing},
    {"lamp", "<on|off> [<what>...]", "", nothing},
    {"lamp test", "[<setting>...]", "", nothing},
    {"mqtt psk", "<hex>", "", nothing, {.secret_from = 0}},
    {"wifi connect", "<ssid> [<pass>]", "", nothing, {.secret_from = 1}},
};

class CompletionTest : public ::testing::Test {
protected:
    CompletionTest() { EXPECT_TRUE(commands.add(table, nullptr)); }

    Words all(std::string_view line, bool locked = false) const {
        Words words;
        Completion(commands, &settings, locked).each(line, [&words](std::string_view word) {
            words.emplace_back(word);
        });
        return words;
    }
    std::string rest(std::string_view line) const {
        return std::string(Completion(commands, &settings, false).find(line).text.view());
    }
    std::size_t secret(std::string_view line) const { return commands.secret_at(line, &settings); }

    CommandTable commands;
    Settings settings;
};

TEST_F(CompletionTest, commands_word_by_word) {
    EXPECT_EQ(all(""), (Words{"help", "config", "factory-reset", "lamp", "mqtt", "wifi"}));
    EXPECT_EQ(rest("f"), "actory-reset ");
    EXPECT_EQ(rest("wifi"), " ");
    EXPECT_EQ(all("config "), (Words{"get", "set"}));
    EXPECT_EQ(rest("config g"), "et ");
    EXPECT_EQ(rest("  config   g"), "et ");
    EXPECT_EQ(rest("x"), "");
    EXPECT_EQ(all("wifi x"), Words{});
    EXPECT_EQ(rest("wifi connect"), " ");
}

TEST_F(CompletionTest, as_far_as_all_agree) {
    EXPECT_EQ(rest("config get m"), "qtt.0.");
    EXPECT_EQ(rest("config get mqtt.0.p"), "");
    EXPECT_EQ(all("config get mqtt.0.p"), (Words{"mqtt.0.port", "mqtt.0.psk.0"}));
    EXPECT_EQ(rest("config set l"), "og.level ");
}

TEST_F(CompletionTest, arguments_come_from_the_usage) {
    EXPECT_EQ(all("factory-reset "), Words{"yes"});
    EXPECT_EQ(rest("factory-reset yes k"), "eep-secrets ");
    EXPECT_EQ(all("factory-reset yes keep-secrets "), Words{});
    EXPECT_EQ(all("lamp "), (Words{"test", "on", "off"}));
    EXPECT_EQ(rest("lamp of"), "f ");
    EXPECT_EQ(all("lamp test a b c lo"), Words{"log.level"});
    EXPECT_EQ(all("wifi connect "), Words{});
    EXPECT_EQ(all("config set log.level "), Words{});
    EXPECT_EQ(all("help con"), Words{"config"});
    EXPECT_EQ(all("help config "), (Words{"get", "set"}));
}

TEST_F(CompletionTest, nothing_in_quotes_or_behind_too_much) {
    EXPECT_EQ(all("\"con"), Words{});
    EXPECT_EQ(all("config get \"mq"), Words{});
    EXPECT_EQ(all("config get \"a mq"), Words{});
    EXPECT_EQ(all("1 2 3 4 5 6 7 8 9 10 11 12 13 "), Words{});
    EXPECT_EQ(all("config get a mq"), Words{});
}

TEST_F(CompletionTest, a_locked_console_gives_nothing_away) {
    EXPECT_EQ(all("", true), Words{"help"});
    EXPECT_EQ(all("config ", true), Words{});
    EXPECT_EQ(all("config get ", true), Words{});
    EXPECT_EQ(all("help ", true), Words{"help"});
}

TEST_F(CompletionTest, secrets_begin_where_the_command_says) {
    EXPECT_EQ(secret("wifi connect net pass"), 17U);
    EXPECT_EQ(secret("wifi connect \"my net\" pass"), 22U);
    EXPECT_EQ(secret("wifi connect \"my \\\" net\" \"a b"), 25U);
    EXPECT_EQ(secret("\"wifi\" connect net pass"), 19U);
    EXPECT_EQ(secret("wifi connect net "), 17U);
    EXPECT_EQ(secret("mqtt psk 00"), 9U);
    EXPECT_EQ(secret("config set mqtt.0.psk.0 00"), 24U);
    EXPECT_EQ(secret("config set no.such 00"), 19U);
    EXPECT_EQ(secret("config set log.level debug"), 26U);  // none: the end
    EXPECT_EQ(secret("config get mqtt.0.psk.0"), 23U);
    EXPECT_EQ(secret(""), 0U);
    EXPECT_EQ(secret("mqtt psk"), 8U);
}

TEST_F(CompletionTest, usage_tells_of_each_argument) {
    const auto argument = [](std::string_view usage, std::size_t index) {
        return std::string(Syntax{"x", usage, "", {}}.argument(index));
    };
    EXPECT_EQ(argument("", 0), "");
    EXPECT_EQ(argument("<a> [<b>]", 0), "<a>");
    EXPECT_EQ(argument("<a> [<b>]", 1), "<b>");
    EXPECT_EQ(argument("<a> [<b>]", 2), "");
    EXPECT_EQ(argument("<a>...", 7), "<a>");
    EXPECT_EQ(argument("[<a>...]", 7), "<a>");
    EXPECT_EQ(argument("yes [no]", 1), "no");
}

}  // namespace
}  // namespace esb::console
