// What goes wrong on the way: a disk that is full, a name that was mistyped, a run that could not come to its end.
#include "esb/crypto/crypto.hpp"
#include "host/cli/birth_keeper.hpp"
#include "host/cli/broker_folder.hpp"
#include "host/cli/factory.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/signing_key.hpp"
#include "host/cli/tool_account.hpp"
#include "tests/support/vchip_image.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;
using testing::Not;

TEST(Output, that_cannot_be_written_is_a_failure) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"key", "show", folder / "k"},
             {"sign", "command", "--key", folder / "k", "--cmd", "cancel", "--dev", "a", "--ctr", "1"},
             {"completion", "bash"},
             {"sign", "--help"},
             {"--version"}}) {
        std::istringstream in;
        std::ostream full(nullptr);
        std::ostringstream err;
        Shell shell{in, full, err};
        EXPECT_EQ(run(words, shell), exit_failed) << words.front();
        EXPECT_EQ(err.str(), "esb: standard output could not be written\n");
        err.str("");
        shell.status = exit_ok;
        shell.reader_left = [] { return true; };
        EXPECT_EQ(run(words, shell), exit_reader_left) << words.front();
        EXPECT_EQ(err.str(), "") << "who left knows";
    }
}

TEST(Output, goes_into_what_is_no_file_and_leaves_it_what_it_is) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    const int pipe = ::open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    std::filesystem::create_symlink(folder / "pipe", folder / "link");
    for (const auto* name : {"pipe", "link"}) {
        const auto ran = run_esb({"sign", "command", "--key", folder / "k", "--cmd", "cancel", "--dev", "a", "--ctr",
                                  "1", "-o", folder / name});
        EXPECT_EQ(ran.status, exit_ok) << ran.err;
        char got[4096];
        const auto count = ::read(pipe, got, sizeof got);
        ASSERT_GT(count, 0) << name;
        EXPECT_TRUE(std::string_view(got, static_cast<std::size_t>(count)).ends_with('\n'));
    }
    ::close(pipe);
    EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(FullDisk, leaves_no_key_in_the_way_of_the_next_try) {
    const test::Folder folder;
    for (const rlim_t room : {0, 100}) {
        auto full = std::make_unique<test::FullDisk>(room);
        const auto ran = run_esb({"key", "new", folder / "k"});
        full.reset();  // what the test says has to go somewhere
        EXPECT_EQ(ran.status, exit_failed);
        EXPECT_EQ(folder.files(), 0U);
    }
    EXPECT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
}

TEST(KeyCommands, make_both_files_or_none) {
    const test::Folder folder;
    const auto longest = folder / std::string(245, 'k');  // its public file has a name that is too long
    EXPECT_EQ(run_esb({"key", "new", longest}).status, exit_failed);
    EXPECT_EQ(folder.files(), 0U);
}

TEST(KeyCommands, take_no_folder_and_nothing_endless_for_a_key) {
    const test::Folder folder;
    EXPECT_EQ(SigningKey::load_pem(folder.path()).error(), errors::key_file);
    EXPECT_EQ(SigningKey::load_pem("/dev/zero").error(), errors::key_file);
}

TEST(FullDisk, leaves_birth_lines_whole_and_says_what_was_wrong) {
    const test::Folder folder;
    std::ostringstream text;
    Printer out(text);
    Screen screen(out, false, false);
    BirthOptions options;
    options.file = folder / "births.txt";
    BirthKeeper keeper(options, screen);
    const std::string line = std::string("MQTT ident=ESP-C44F330A9C35 psk=") + test::psk;
    ASSERT_TRUE(keeper.take(line));
    auto full = std::make_unique<test::FullDisk>(line.size() + 11);
    const auto kept = keeper.take(line);
    full.reset();
    ASSERT_FALSE(kept);
    EXPECT_THAT(kept.error().line, HasSubstr(std::strerror(EFBIG)));
    EXPECT_EQ(folder.read("births.txt"), line + '\n');
}

TEST(CaCommands, leave_no_key_in_the_way_of_the_next_try) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"ca", "init", folder / "ca"}).status, exit_ok);
    ::chmod((folder / "ca/ca.key").c_str(), 0644);
    const std::vector<std::vector<std::string>> orders{
        {"ca", "issue", "server", folder / "ca", "--name", "broker.local", "--out", folder / "broker"},
        {"ca", "issue", "operator", folder / "ca", "--out", folder / "me"}};
    for (const auto& words : orders) EXPECT_EQ(run_esb(words).status, exit_failed);
    EXPECT_EQ(folder.files(), 1U);
    ::chmod((folder / "ca/ca.key").c_str(), 0600);
    for (const auto& words : orders) EXPECT_EQ(run_esb(words).status, exit_ok);
    EXPECT_EQ(folder.mode("me.key"), 0600U);
}

TEST(BrokerCommands, a_csv_is_judged_as_single_accounts_are) {
    const test::Folder folder;
    ASSERT_EQ(run_esb({"broker", "init", folder / "broker"}).status, exit_ok);
    const std::vector<std::string> add{"broker", "add", folder / "broker", "--csv", "-"};
    const std::string upper(32, 'A');
    const auto table = "ident,psk\nPUMP-1," + upper + "\n";
    EXPECT_THAT(run_esb(add, table).out, HasSubstr("added 1, 0 had"));
    const auto again = run_esb(add, table);
    EXPECT_THAT(again.out, HasSubstr("added 0, 1 had")) << again.err;
    const auto inside = run_esb(add, "ident,psk\nPUMP-app-1," + upper + "\n");
    EXPECT_EQ(inside.status, exit_failed);
    EXPECT_THAT(inside.err, HasSubstr("must not have app behind its first part"));
}

TEST(BrokerFolder, that_has_accounts_is_not_begun_anew) {
    const test::Folder folder;
    const auto init = [&] { return run_esb({"broker", "init", folder / "broker"}); };
    ASSERT_EQ(init().status, exit_ok);
    std::filesystem::remove(folder / "broker/mosquitto.conf");
    EXPECT_EQ(init().status, exit_ok) << "one that has none is that of a run that broke off";
    ASSERT_EQ(run_esb({"broker", "add", folder / "broker", "pump", test::psk}).status, exit_ok);
    const auto before = folder.read("broker/accounts");
    std::filesystem::remove(folder / "broker/mosquitto.conf");
    EXPECT_THAT(init().err, HasSubstr("has accounts already"));
    EXPECT_EQ(folder.read("broker/accounts"), before);
    EXPECT_EQ(folder.read("broker/psk"), "pump:" + std::string(test::psk) + "\n");
}

TEST(BrokerFolder, made_by_several_at_once_is_made_by_one) {
    for (int round = 0; round < 10; ++round) {
        const test::Folder folder;
        std::atomic<int> made = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] { made += BrokerFolder::create(folder / "broker", {}) ? 1 : 0; });
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(made, 1);
        const auto access = operator_access(folder.path() / "broker");
        ASSERT_TRUE(access);
        EXPECT_THAT(folder.read("broker/tools.psk"),
                    HasSubstr("esb.operator:" + hex_text(access->key.reveal()) + "\n"));
    }
}

// Both have chosen a key; the device has one of them, and the broker must not be left with the other.
TEST(BrokerFolder, replaces_an_account_only_as_it_was_read) {
    const test::Folder folder;
    auto made = BrokerFolder::create(folder / "broker", {});
    ASSERT_TRUE(made->add({"pump", test::psk, {"app/#"}}));
    const auto read = made->account("pump");
    auto one = *read;
    auto other = *read;
    one.rotation = other.rotation = Account::Rotation::handing_over;
    one.next = std::string(32, '1');
    other.next = std::string(32, '2');
    EXPECT_TRUE(made->replace(one, *read));
    const auto late = made->replace(other, *read);
    ASSERT_FALSE(late);
    EXPECT_THAT(late.error().line, HasSubstr("another run has changed"));
    EXPECT_EQ(made->account("pump")->next, one.next);
}

class Signing : public testing::Test {
protected:
    Signing() {
        EXPECT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
        const auto bytes = esb::test::make_image({.seq = 2, .ver = "1.1.0"});
        folder.write("app.img", std::string(bytes.begin(), bytes.end()));
        folder.write("www.bin", "data");
    }
    test::Ran sign(const std::vector<std::string>& more, const char* url = "http://h/app.img") const {
        std::vector<std::string> words{"sign", "--key", folder / "k", "--image", folder / "app.img", "--url", url};
        words.insert(words.end(), more.begin(), more.end());
        return run_esb(words);
    }
    const test::Folder folder;
};

TEST_F(Signing, writes_over_nothing_that_it_reads) {
    const auto key = folder.read("k");
    const auto image = folder.read("app.img");
    std::filesystem::create_hard_link(folder / "app.img", folder / "same.img");
    for (const auto& more : std::vector<std::vector<std::string>>{
             {"-o", folder / "k"},
             {"-o", folder / "app.img"},
             {"-o", folder / "same.img"},
             {"-o", folder / "e", "--bundle", folder / "app.img"},
             {"--encrypt", folder / "app.img", "--broker-trusted", "-o", folder / "e"},
             {"--encrypt", folder / "c", "--broker-trusted", "-o", folder / "c"},
             {"-o", folder / "e", "--detached", folder / "e"},
             {"-o", folder / "e", "--detached", folder / "./e"},
             {"-o", folder / "app.img.z", "--pack"},
             {"-o", folder / "e", "--data", "www=" + (folder / "www.bin"), "--detached", folder / "www.bin"}}) {
        const auto ran = sign(more);
        EXPECT_EQ(ran.status, exit_failed) << testing::PrintToString(more);
        EXPECT_THAT(ran.err, HasSubstr("would be written over"));
    }
    const auto command = run_esb(
        {"sign", "command", "--key", folder / "k", "--cmd", "cancel", "--dev", "a", "--ctr", "1", "-o", folder / "k"});
    EXPECT_EQ(command.status, exit_failed);
    const auto jwk = folder / "k.pub.jwk";
    const auto set = run_esb({"sign", "keys", "--key", folder / "k", "--ver", "2", "--trust", jwk, "-o", jwk});
    EXPECT_EQ(set.status, exit_failed);
    EXPECT_EQ(folder.read("k"), key);
    EXPECT_EQ(folder.read("app.img"), image);
    EXPECT_EQ(folder.read("www.bin"), "data");
    EXPECT_THAT(folder.read("k.pub.jwk"), HasSubstr("P-256"));
}

// Devices may be fetching what an earlier run has made.
TEST_F(Signing, that_is_refused_leaves_the_files_of_an_earlier_run_alone) {
    const std::vector<std::string> more{"--encrypt", folder / "c", "--broker-trusted", "--pack", "-o", folder / "e"};
    ASSERT_EQ(sign(more).status, exit_ok);
    const auto before = folder.read("c");
    const auto packed = folder.read("c.z");
    EXPECT_EQ(sign(more, "ftp://h/app.img").status, exit_failed);
    folder.write("k", "no key");
    EXPECT_EQ(sign(more).status, exit_failed);
    EXPECT_TRUE(folder.read("c") == before);
    EXPECT_TRUE(folder.read("c.z") == packed);
}

TEST(Factory, does_not_write_accounts_over_its_ledger) {
    const test::Folder folder;
    const std::vector<std::string> words{"factory", "--out", folder / "line", "--count", "1", "--prefix", "GH"};
    ASSERT_EQ(run_esb(words).status, exit_ok);
    const auto ledger = folder.read("line/ledger");
    for (const auto* name : {"line/ledger", "line/1/GH-000001.nvs.bin", "line/1/labels.pdf"}) {
        auto more = words;
        more.insert(more.end(), {"--csv", folder / name});
        const auto before = folder.read(name);
        const auto ran = run_esb(more);
        EXPECT_EQ(ran.status, exit_failed) << name;
        EXPECT_THAT(ran.err, HasSubstr("would be written over"));
        EXPECT_EQ(folder.read(name), before);
    }
}

TEST(Factory, a_secret_from_a_pipe_may_begin_with_a_byte_order_mark) {
    const test::Folder folder;
    const auto ran = run_esb({"factory", "--out", folder / "line", "--count", "1", "--prefix", "GH", "--set",
                              "wifi.1.ssid=Home", "wifi.1.pass=-"},
                             "\xEF\xBB\xBFsecret-of-1\r\n");
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    const std::string said = "\nwifi.1.pass=secret-of-1";
    EXPECT_THAT(folder.read("line/ledger"), HasSubstr(hex_text(as_bytes(said))));
}

// A core of a board, with nothing in it that names its program.
std::string core_of_a_board() {
    Elf32_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS32;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_type = ET_CORE;
    head.e_machine = EM_RISCV;
    return {reinterpret_cast<const char*>(&head), sizeof head};
}

TEST(CoredumpCommand, leaves_no_core_behind_when_it_is_killed) {
    static_cast<void>(run_esb({"--version"}));  // the rig's own folder is made here
    const test::Folder folder;
    folder.write("core", core_of_a_board());
    folder.write("program.elf", core_of_a_board());
    std::filesystem::create_directory(folder / "tmp");
    // Shows which files there are while the debugger runs, and what it was given.
    folder.write("gdb", "#!/bin/sh\nfor last in \"$@\"; do :; done\ncmp \"$last\" '" + (folder / "core") +
                            "' && echo 'it has the core'\nls -A '" + (folder / "tmp") + "'\necho end\n");
    ::chmod((folder / "gdb").c_str(), 0700);
    ::setenv("ESB_GDB", (folder / "gdb").c_str(), 1);
    ::setenv("TMPDIR", (folder / "tmp").c_str(), 1);
    const auto ran = run_esb({"coredump", "--from", folder / "core", "--elf", folder / "program.elf"});
    ::unsetenv("ESB_GDB");
    ::unsetenv("TMPDIR");
    EXPECT_EQ(ran.status, exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("it has the core\nend\n"));
}

}  // namespace
}  // namespace esb::cli
