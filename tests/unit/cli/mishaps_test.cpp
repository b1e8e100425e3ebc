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

}  // namespace
}  // namespace esb::cli
