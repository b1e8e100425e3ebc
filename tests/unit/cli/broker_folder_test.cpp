#include "host/cli/broker_folder.hpp"

#include "host/cli/files.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace esb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(BrokerFolder, is_readable_by_its_owner_only) {
    const test::Folder folder;
    const auto made = BrokerFolder::create(folder / "broker", {});
    ASSERT_TRUE(made) << made.error().line;
    EXPECT_EQ(folder.mode("broker"), 0700U);
    for (const auto* file : {"psk", "acl", "accounts", "mosquitto.conf"}) {
        EXPECT_EQ(folder.mode(std::string("broker/") + file), 0600U) << file;
    }
}

TEST(BrokerFolder, puts_per_listener_settings_before_what_they_govern) {
    BrokerOptions options;
    options.user = "somebody";
    const auto text = mosquitto_config("/srv/my broker", options);
    const auto at = [&text](std::string_view line) {
        const auto place = text.find("\n" + std::string(line) + "\n");
        EXPECT_NE(place, std::string::npos) << line;
        return place;
    };
    const auto devices = at("listener 8883 127.0.0.1");
    const auto tools = at("listener 1884 127.0.0.1");
    EXPECT_LT(at("per_listener_settings true"), devices);
    EXPECT_LT(at("message_size_limit 8192"), devices) << "what devices take at most";
    for (const auto* line : {"psk_hint esp32-secure-base", "psk_file /srv/my broker/psk",
                             "use_identity_as_username true", "use_username_as_clientid true", "allow_anonymous false",
                             "acl_file /srv/my broker/acl", "tls_version tlsv1.2"}) {
        EXPECT_GT(at(line), devices);
        EXPECT_LT(at(line), tools);
    }
    EXPECT_THAT(text, Not(HasSubstr("allow_anonymous true")));
    EXPECT_THAT(text, HasSubstr("ciphers ECDHE-PSK-CHACHA20-POLY1305:"));
    EXPECT_THAT(text, Not(HasSubstr(":PSK-")));
}

TEST(BrokerFolder, refuses_settings_that_would_break_the_configuration) {
    const test::Folder folder;
    const auto refused = [&](auto change) {
        BrokerOptions options;
        change(options);
        return !BrokerFolder::create(folder / "broker", options);
    };
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.bind = "0.0.0.0\nallow_anonymous true"; }));
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.bind = "example"; }));
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.hint = "a\nb"; }));
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.hint = ""; }));
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.port = o.tools_port; }));
    EXPECT_TRUE(refused([](BrokerOptions& o) { o.user = "no such user"; }));
    EXPECT_FALSE(BrokerFolder::create(folder / "line\nbreak", {}));
    EXPECT_EQ(folder.files(), 0U);
}

TEST(BrokerFolder, is_not_made_twice) {
    const test::Folder folder;
    ASSERT_TRUE(BrokerFolder::create(folder / "broker", {}));
    const auto again = BrokerFolder::create(folder / "broker/", {});
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().line, HasSubstr("exists already"));
}

TEST(BrokerFolder, changes_all_three_files_and_leaves_no_others) {
    const test::Folder folder;
    auto made = BrokerFolder::create(folder.path() / "broker", {});
    ASSERT_TRUE(made);
    const auto added = made->add({"a-1", test::psk, {"app/#"}});
    ASSERT_TRUE(added) << added.error().line;
    EXPECT_EQ(*added, Reload::not_running);
    EXPECT_EQ(folder.read("broker/psk"), std::string("a-1:") + test::psk + "\n");
    EXPECT_THAT(folder.read("broker/acl"), HasSubstr("user a-1\n"));
    EXPECT_THAT(folder.read("broker/accounts"), HasSubstr("a-1 "));
    ASSERT_TRUE(made->remove("a-1"));
    EXPECT_EQ(folder.read("broker/psk"), "");
    EXPECT_THAT(folder.read("broker/acl"), Not(HasSubstr("a-1")));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path() / "broker"), {}),
              10);  // .lock, data, tools
}

TEST(BrokerFolder, takes_no_device_whose_topics_would_be_an_authors) {
    const test::Folder folder;
    auto made = BrokerFolder::create(folder.path() / "broker", {});
    ASSERT_TRUE(made);
    for (const auto* identity : {"a-app", "a-app-1"}) {
        const auto added = made->add({identity, test::psk, {}});
        ASSERT_FALSE(added) << identity;
        EXPECT_THAT(added.error().line, HasSubstr("app behind its first part"));
    }
    for (const auto* identity : {"app-1", "a-apple"}) EXPECT_TRUE(made->add({identity, test::psk, {}})) << identity;
}

TEST(BrokerFolder, does_not_signal_a_process_that_is_not_its_mosquitto) {
    const test::Folder folder;
    auto made = BrokerFolder::create(folder.path() / "broker", {});
    ASSERT_TRUE(made);
    for (const auto& pid : {std::to_string(::getpid()), std::string("1"), std::string("x"), std::string("99999999")}) {
        folder.write("broker/mosquitto.pid", pid + "\n");  // a SIGHUP would end this test
        EXPECT_EQ(made->add({"dev", test::psk, {}}).value(), Reload::not_running);
        EXPECT_EQ(made->remove("dev").value(), Reload::not_running);
    }
}

// A process that is called mosquitto, was started with the folder's configuration and writes `line` to `log` a while
// after it was told to reload.
class StandInBroker {
public:
    StandInBroker(const test::Folder& folder, const std::string& log, const std::string& line) {
        const auto program = folder / "mosquitto";
        std::filesystem::copy_file("/bin/bash", program);
        const std::string script = "trap 'sleep 0.3; echo \"" + line + "\" >> " + (folder / log) +
                                   "' HUP; echo $$ > " + (folder / "broker/mosquitto.pid") +
                                   "; echo; while :; do sleep 0.02; done";
        const auto config = folder / "broker/mosquitto.conf";
        int ready[2] = {};
        EXPECT_EQ(::pipe(ready), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(ready[1], STDOUT_FILENO);
            ::close(ready[0]);
            ::close(ready[1]);
            ::execl(program.c_str(), "mosquitto", "-c", script.c_str(), config.c_str(), nullptr);
            std::_Exit(127);
        }
        ::close(ready[1]);
        char line_end = 0;
        EXPECT_EQ(::read(ready[0], &line_end, 1), 1) << "it ended before it was ready";
        ::close(ready[0]);
    }
    StandInBroker(const StandInBroker&) = delete;
    StandInBroker& operator=(const StandInBroker&) = delete;
    ~StandInBroker() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    pid_t pid_ = 0;
};

TEST(RunningBroker, is_waited_for_until_it_says_that_it_reads_its_files_again) {
    const test::Folder folder;
    ASSERT_TRUE(BrokerFolder::create(folder.path() / "broker", {}));
    folder.write("broker/mosquitto.log", "1: mosquitto version 2.0.11 running\n1: Reloading config.\n");
    const StandInBroker broker(folder, "broker/mosquitto.log", "2: Reloading config.");
    const auto told = reload_mosquitto(folder.path() / "broker", std::chrono::seconds(20));
    ASSERT_TRUE(told) << told.error().line;
    EXPECT_EQ(*told, Reload::reloaded);
    EXPECT_THAT(folder.read("broker/mosquitto.log"), HasSubstr("2: Reloading config.")) << "the line before was older";
}

TEST(RunningBroker, that_logs_elsewhere_is_told_and_not_waited_for_longer_than_the_patience) {
    const test::Folder folder;
    ASSERT_TRUE(BrokerFolder::create(folder.path() / "broker", {}));
    const StandInBroker broker(folder, "elsewhere", "2: Reloading config.");
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(reload_mosquitto(folder.path() / "broker", std::chrono::minutes(10)).value(), Reload::reloaded)
        << "there is no log to wait for";
    folder.write("broker/mosquitto.log", "an old log\n");
    EXPECT_EQ(reload_mosquitto(folder.path() / "broker", std::chrono::milliseconds(50)).value(), Reload::reloaded);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::minutes(5));
}

TEST(BrokerFolder, many_runs_at_once_lose_nothing) {
    const test::Folder folder;
    ASSERT_TRUE(BrokerFolder::create(folder.path() / "broker", {}));
    const auto work = [&folder](char letter) {
        for (int i = 0; i < 10; ++i) {
            auto opened = BrokerFolder::open(folder.path() / "broker");
            ASSERT_TRUE(opened);
            EXPECT_TRUE(opened->add({letter + std::to_string(i), test::psk, {}}));
        }
    };
    std::thread one(work, 'a');
    std::thread two(work, 'b');
    one.join();
    two.join();
    EXPECT_EQ(BrokerFolder::open(folder.path() / "broker")->accounts()->all().size(), 20U);
}

TEST(BrokerFolder, is_found_only_where_one_was_made) {
    const test::Folder folder;
    EXPECT_FALSE(BrokerFolder::open(folder.path()));
}

TEST(Files, read_refuses_what_is_too_long_and_what_is_no_file) {
    const test::Folder folder;
    folder.write("long", "12345");
    EXPECT_EQ(read_file(folder / "long", 5).value(), "12345");
    EXPECT_FALSE(read_file(folder / "long", 4));
    EXPECT_FALSE(read_file(folder.path(), 100));
    EXPECT_FALSE(read_file(folder / "missing", 100));
}

TEST(Files, replace_leaves_the_old_text_when_it_fails) {
    const test::Folder folder;
    folder.write("text", "old");
    ASSERT_TRUE(replace_file(folder / "text", "new", 0640));
    EXPECT_EQ(folder.read("text"), "new");
    EXPECT_EQ(folder.mode("text"), 0640U);
    EXPECT_FALSE(replace_file(folder / "missing/text", "x", 0600));
    std::filesystem::create_directory(folder.path() / "taken");
    EXPECT_FALSE(replace_file(folder / "taken", "x", 0600));
    EXPECT_EQ(folder.files(), 2U);
}

TEST(Files, create_never_overwrites) {
    const test::Folder folder;
    ASSERT_TRUE(create_file(folder / "text", "first", 0600));
    EXPECT_FALSE(create_file(folder / "text", "second", 0600));
    EXPECT_EQ(folder.read("text"), "first");
}

TEST(Files, a_locked_folder_is_reported_after_some_patience) {
    const test::Folder folder;
    const auto held = FolderLock::take(folder.path());
    ASSERT_TRUE(held);
    const auto second = FolderLock::take(folder.path(), std::chrono::milliseconds(0));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().line, HasSubstr("another esb"));
}

}  // namespace
}  // namespace esb::cli
