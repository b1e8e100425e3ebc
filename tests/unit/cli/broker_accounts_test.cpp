#include "host/cli/broker_accounts.hpp"

#include "host/cli/password_hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string psk(32, 'a');

Outcome<void> add(Accounts& accounts, const std::string& identity, const std::string& key = psk,
                  std::vector<std::string> topics = {"app/#"}) {
    return accounts.add({identity, key, std::move(topics)});
}

TEST(BrokerAccounts, gives_a_device_its_exact_topics_and_no_others) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "ESP-C44F330A9C35"));
    EXPECT_EQ(accounts.psk_file(), "ESP-C44F330A9C35:" + psk + "\n");
    EXPECT_EQ(accounts.acl_file(),
              "# Made by esb from the file accounts; changes here are lost.\n"
              "\n"
              "user ESP-C44F330A9C35\n"
              "topic readwrite ESP/C44F330A9C35/ping\n"
              "topic write ESP/C44F330A9C35/online\n"
              "topic write ESP/C44F330A9C35/status\n"
              "topic read ESP/C44F330A9C35/ota\n"
              "topic read ESP/C44F330A9C35/ota/do\n"
              "topic write ESP/C44F330A9C35/ota/status\n"
              "topic read ESP/C44F330A9C35/crash/do\n"
              "topic write ESP/C44F330A9C35/crash\n"
              "topic read ESP/C44F330A9C35/config\n"
              "topic write ESP/C44F330A9C35/config/status\n"
              "topic write ESP/C44F330A9C35/log\n"
              "topic readwrite ESP/C44F330A9C35/app/#\n");
}

TEST(BrokerAccounts, home_assistants_topics_are_exact_and_only_where_wanted) {
    Accounts accounts;
    ASSERT_TRUE(accounts.add({"ESP-1", psk, {"app/#"}, true}));
    ASSERT_TRUE(add(accounts, "ESP-2"));
    const auto acl = accounts.acl_file();
    for (const auto* line :
         {"topic write homeassistant/binary_sensor/ESP-1/connectivity/config\n",
          "topic write homeassistant/sensor/ESP-1/signal/config\n",
          "topic write homeassistant/sensor/ESP-1/uptime/config\n",
          "topic write homeassistant/update/ESP-1/firmware/config\n", "topic read homeassistant/status\n"}) {
        EXPECT_THAT(acl, HasSubstr(line));
    }
    EXPECT_THAT(acl, Not(HasSubstr("homeassistant/sensor/ESP-2")));
    const auto again = Accounts::parse(accounts.text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->acl_file(), acl);
    EXPECT_FALSE(add(accounts, "homeassistant-sensor-ESP-1-signal"));
}

TEST(BrokerAccounts, limits_an_authors_topics_to_reading_or_writing) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "pump", psk, {"read:set/+/level", "write:meter"}));
    EXPECT_THAT(accounts.acl_file(), HasSubstr("topic read pump/set/+/level\ntopic write pump/meter\n"));
    EXPECT_THAT(accounts.acl_file(), Not(HasSubstr("app/#")));
}

TEST(BrokerAccounts, survives_being_written_and_read) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "b-2", std::string(64, 'F'), {"app/#", "read:set"}));
    ASSERT_TRUE(add(accounts, "a-1"));
    const auto again = Accounts::parse(accounts.text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text(), accounts.text());
    ASSERT_EQ(again->all().size(), 2U);
    EXPECT_EQ(again->all()[0].identity, "a-1");
    EXPECT_EQ(again->all()[1].psk, std::string(64, 'f'));
    EXPECT_EQ(again->all()[1].topics, (std::vector<std::string>{"app/#", "read:set"}));
}

TEST(BrokerAccounts, remembers_a_key_that_is_being_changed) {
    const std::string next(32, 'b');
    const auto accounts = Accounts::parse("one " + psk + ">" + next + " app/#\ntwo " + psk + "<\n");
    ASSERT_TRUE(accounts) << accounts.error().line;
    EXPECT_EQ(accounts->psk_file(), "one:" + psk + "\ntwo:" + psk + "\n");
    EXPECT_EQ(accounts->all()[0].rotation, Account::Rotation::handing_over);
    EXPECT_EQ(accounts->all()[0].next, next);
    EXPECT_EQ(accounts->all()[1].rotation, Account::Rotation::switched);
    EXPECT_EQ(Accounts::parse(accounts->text())->text(), accounts->text());
    EXPECT_FALSE(Accounts::parse("one " + psk + ">zz app/#\n"));
    EXPECT_FALSE(Accounts::parse("one " + psk + "> app/#\n"));
}

TEST(BrokerAccounts, replaces_an_account) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "one"));
    auto changed = accounts.all()[0];
    changed.psk = std::string(32, 'c');
    ASSERT_TRUE(accounts.replace(changed));
    EXPECT_EQ(accounts.psk_file(), "one:" + changed.psk + "\n");
    changed.identity = "two";
    EXPECT_FALSE(accounts.replace(changed));
}

TEST(BrokerAccounts, refuses_bases_that_lie_in_one_another) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "ESP-one"));
    EXPECT_THAT(add(accounts, "ESP").error().line, HasSubstr("lie in one another"));
    EXPECT_THAT(add(accounts, "ESP-one-two").error().line, HasSubstr("lie in one another"));
    EXPECT_THAT(add(accounts, "ESP-one").error().line, HasSubstr("already"));
    EXPECT_TRUE(add(accounts, "ESP-on"));  // a prefix of letters, not of levels
    EXPECT_TRUE(add(accounts, "ESP-one2"));
}

TEST(BrokerAccounts, the_base_of_one_that_is_removed_is_free_again) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "ESP-one-two"));
    ASSERT_FALSE(add(accounts, "ESP-one"));
    ASSERT_TRUE(accounts.remove("ESP-one-two"));
    EXPECT_TRUE(add(accounts, "ESP-one"));
    EXPECT_THAT(add(accounts, "ESP-one-two-three").error().line, HasSubstr("ESP/one of ESP-one"));
}

TEST(BrokerAccounts, refuses_identities_that_are_none) {
    for (const auto* identity : {"", "a/b", "a+", "#", "-a", "a-", "a--b", "a b", "a\nb", "a:b", "x-ota", "config",
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        Accounts accounts;
        EXPECT_FALSE(add(accounts, identity)) << identity;
        EXPECT_TRUE(accounts.all().empty());
    }
}

TEST(BrokerAccounts, refuses_keys_that_are_too_short_too_long_or_not_hex) {
    for (const auto& key : {std::string(), std::string(30, 'a'), std::string(33, 'a'), std::string(66, 'a'),
                            std::string(31, 'a') + "g", std::string(31, 'a') + "\n"}) {
        Accounts accounts;
        EXPECT_FALSE(add(accounts, "a", key)) << key.size();
    }
}

TEST(BrokerAccounts, refuses_topics_that_reach_the_bases_own) {
    for (const auto* filter : {"#", "+", "+/x", "ota", "ota/#", "ping", "config/x", "status", "log/#", "online"}) {
        Accounts accounts;
        const auto added = add(accounts, "a", psk, {filter});
        ASSERT_FALSE(added) << filter;
        EXPECT_THAT(added.error().line, HasSubstr("base's own topics"));
    }
}

TEST(BrokerAccounts, refuses_filters_that_are_not_filters) {
    for (const auto* filter : {"", "/", "app/", "/app", "app//x", "app/#/x", "app/a+", "app/x#", "a\tb", "read:"}) {
        Accounts accounts;
        EXPECT_FALSE(add(accounts, "a", psk, {filter})) << filter;
    }
}

TEST(BrokerAccounts, names_the_line_of_a_damaged_file) {
    const auto parsed = Accounts::parse("# comment\n\na " + psk + " app/#\nb short\n");
    ASSERT_FALSE(parsed);
    EXPECT_THAT(parsed.error().line, HasSubstr("line 4"));
}

TEST(BrokerAccounts, removes_key_and_topics) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "a"));
    ASSERT_TRUE(add(accounts, "b"));
    ASSERT_TRUE(accounts.remove("a"));
    EXPECT_FALSE(accounts.remove("a"));
    EXPECT_EQ(accounts.psk_file(), "b:" + psk + "\n");
    EXPECT_THAT(accounts.acl_file(), Not(HasSubstr("user a")));
}

TEST(BrokerAccounts, a_certificate_and_a_password_are_worth_nothing_where_keys_are_asked_for) {
    Accounts accounts;
    ASSERT_TRUE(add(accounts, "key"));
    Account certificate{"certificate", "", {"app/#"}};
    certificate.credential = Credential::certificate;
    Account password{"password", "", {"app/#"}};
    password.credential = Credential::password;
    EXPECT_FALSE(accounts.add(password)) << "it has no hash";
    password.password_hash = password_hash("correct horse").value();
    ASSERT_TRUE(accounts.add(certificate) && accounts.add(password));
    EXPECT_EQ(accounts.psk_file(), "key:" + psk + "\n");
    EXPECT_EQ(accounts.password_file(), "password:" + password.password_hash + "\n");
    EXPECT_THAT(accounts.acl_file(), HasSubstr("user key\n"));
    EXPECT_THAT(accounts.acl_file(), Not(HasSubstr("user certificate\n")));
    EXPECT_THAT(accounts.acl_file(false), Not(HasSubstr("user key\n")));
    EXPECT_THAT(accounts.acl_file(false), HasSubstr("user certificate\n"));
    EXPECT_THAT(accounts.acl_file(false), HasSubstr("user password\n"));
    const auto again = Accounts::parse(accounts.text());
    ASSERT_TRUE(again) << again.error().line;
    EXPECT_EQ(again->text(), accounts.text());
    EXPECT_EQ(again->password_file(), accounts.password_file());
}

TEST(PasswordHash, is_another_each_time_and_refuses_what_no_device_can_send) {
    EXPECT_NE(password_hash("a").value(), password_hash("a").value());
    EXPECT_TRUE(is_password_hash(password_hash("a").value()));
    EXPECT_FALSE(password_hash(""));
    EXPECT_FALSE(password_hash(std::string(65, 'a')));
    for (const auto* text : {"", "$7$", "$6$a$b", "$7$1$a b$c", "$7$1$a:b$c", "$7$1$a"})
        EXPECT_FALSE(is_password_hash(text)) << text;
}

}  // namespace
}  // namespace esb::cli
