#include "host/cli/broker_words.hpp"
#include "host/cli/config_file.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const auto& outcome) { return outcome ? "it was not refused" : outcome.error().line; }

TEST(BrokerUrl, names_host_port_and_user) {
    const auto url = parse_broker_url("mqtts://an%40na@broker.example.:8884/");
    ASSERT_TRUE(url) << refusal(url);
    EXPECT_EQ(url->user, "an@na");
    EXPECT_EQ(url->address.host, "broker.example.");
    EXPECT_EQ(url->address.port, 8884);
    EXPECT_EQ(parse_broker_url("mqtts://h")->address.port, 8883);
    EXPECT_EQ(parse_broker_url("mqtts://[fd00::1]:1")->address.host, "fd00::1");
    EXPECT_EQ(parse_broker_url("mqtts://[fd00::1]")->address.port, 8883);
}

TEST(BrokerUrl, refuses_what_is_not_tls_and_secrets) {
    EXPECT_THAT(refusal(parse_broker_url("mqtt://h")), HasSubstr("TLS only"));
    EXPECT_THAT(refusal(parse_broker_url("mqtts://u:geheim@h")), HasSubstr("does not belong in a URL"));
    EXPECT_THAT(refusal(parse_broker_url("mqtts://u:geheim@h")), Not(HasSubstr("geheim")));
    for (const auto* text :
         {"https://h", "mqtts://", "mqtts://@h", "mqtts://u@", "mqtts://h:0", "mqtts://h:65536",
          "mqtts://h:", "mqtts://h:x", "mqtts://h/topic", "mqtts://h?x", "mqtts://a b", "mqtts://u%@h", "mqtts://u%4@h",
          "mqtts://u%zz@h", "mqtts://[fd00::1", "mqtts://[fd00::1]x", "mqtts://fd00::1"}) {
        EXPECT_FALSE(parse_broker_url(text)) << text;
    }
}

TEST(ConfigFile, has_one_table_of_texts) {
    const auto words = parse_config(
        "\xEF\xBB\xBF# mine\r\n\n[broker] # the one\n"
        "url = \"mqtts://me@broker.example\"\r\n  ca='my \\ ca.pem'  # literal\n"
        "pins = [ \"aa\", 'bb', ]\npsk_identity = \"a \\\"b\\\" \\\\c\"\n",
        "f");
    ASSERT_TRUE(words) << refusal(words);
    EXPECT_EQ(words->url, "mqtts://me@broker.example");
    EXPECT_EQ(words->ca, "my \\ ca.pem");
    EXPECT_EQ(words->psk_identity, "a \"b\" \\c");
    EXPECT_THAT(words->pins, ElementsAre("aa", "bb"));
    EXPECT_TRUE(parse_config("", "f"));
}

TEST(ConfigFile, names_the_line_and_what_is_wrong_with_it) {
    const std::pair<const char*, const char*> wrong[] = {
        {"url = \"x\"", "keys belong below [broker]"},
        {"[broker]\n[broker]", "line 2: [broker] stands there twice"},
        {"[other]", "the only table is [broker]"},
        {"[broker] x", "the only table"},
        {"[broker]\nurll = \"x\"", "line 2: 'urll' is no key"},
        {"[broker]\nurl = \"x\"\nurl = \"y\"", "line 3: url stands there twice"},
        {"[broker]\nurl \"x\"", "there is no ="},
        {"[broker]\nurl = x", "no \"text\""},
        {"[broker]\nurl = \"x", "no \"text\""},
        {"[broker]\nurl = \"x\" y", "something after the value"},
        {"[broker]\nurl = \"\\n\"", "no \"text\""},
        {"[broker]\nurl = \"a\tb\x01\"", "no \"text\""},
        {"[broker]\nurl = [\"x\"]", "no \"text\""},
        {"[broker]\npins = \"x\"", "no [\"text\", ...]"},
        {"[broker]\npins = [\"x\" \"y\"]", "no [\"text\", ...]"},
        {"[broker]\npins = [\"x\"", "no [\"text\", ...]"},
        {"[broker]\nurl = \"\"\"x\"\"\"", "something after the value"},
    };
    for (const auto& [text, what] : wrong) {
        EXPECT_THAT(refusal(parse_config(text, "f")), testing::StartsWith("f, line ")) << text;
        EXPECT_THAT(refusal(parse_config(text, "f")), HasSubstr(what)) << text;
    }
}

TEST(BrokerWords, what_is_said_counts_before_what_the_file_says_and_pairs_stay_together) {
    BrokerWords said;
    said.pins = {"p"};
    said.password_file = "mine";
    BrokerWords file;
    file.url = "u";
    file.ca = "c";
    file.cert = "cert";
    file.cert_key = "key";
    file.password = "theirs";
    said.fill_from(file);
    EXPECT_EQ(said.url, "u");
    EXPECT_EQ(said.ca, "") << "how the broker is known is one thing";
    EXPECT_EQ(said.cert_key, "key");
    EXPECT_EQ(said.password, "") << "the file with it was named";
}

TEST(BrokerWords, a_broker_is_known_in_exactly_one_way) {
    std::istringstream in;
    std::ostringstream out;
    Shell shell{in, out, out};
    BrokerWords words;
    words.url = "mqtts://h";
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("how is h known"));
    words.pins = {std::string(64, 'a')};
    words.psk_identity = "x";
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("how is h known"));
    words.psk_identity.clear();
    EXPECT_TRUE(access_of(words, shell));
    words.pins = {"aa"};
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("64 hex digits"));
    words.pins.assign(3, std::string(64, 'a'));
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("at most two pins"));
    words.pins.resize(1);
    words.url = "mqtts://me@h";
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("no password of me: ESB_PASSWORD"));
    words.password = "x";
    EXPECT_TRUE(access_of(words, shell));
    words.cert = "c";
    EXPECT_THAT(refusal(access_of(words, shell)), HasSubstr("go together"));
}

}  // namespace
}  // namespace esb::cli
