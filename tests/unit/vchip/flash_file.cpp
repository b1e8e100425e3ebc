#include "host/vchip/flash.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace esb::vchip {
namespace {

constexpr std::size_t size = 4 * erase_unit;

class FlashFile : public testing::Test {
protected:
    FlashFile() {
        std::string pattern = testing::TempDir() + "esb-flash-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        path = folder + "/flash.bin";
    }
    ~FlashFile() override { std::filesystem::remove_all(folder); }
    std::string content() const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string folder;
    std::string path;
};

TEST_F(FlashFile, is_created_erased) {
    ASSERT_TRUE(FileStore::open(path, size));
    EXPECT_EQ(content(), std::string(size, '\xFF'));
}

TEST_F(FlashFile, holds_what_was_programmed_at_once) {
    const auto store = FileStore::open(path, size);
    ASSERT_TRUE(store);
    Flash flash(**store);
    ASSERT_TRUE(flash.program(erase_unit, as_bytes("ESP-")));
    EXPECT_EQ(content().substr(erase_unit, 5), "ESP-\xFF");
    const auto again = FileStore::open(path, size);
    ASSERT_TRUE(again);
    Flash reopened(**again);
    std::vector<std::uint8_t> bytes(4);
    ASSERT_TRUE(reopened.read(erase_unit, bytes));
    EXPECT_EQ(as_text(bytes), "ESP-");
}

TEST_F(FlashFile, a_killed_process_leaves_what_it_had_written) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto store = FileStore::open(path, size);
        FlashHooks hooks;
        hooks.on_power_cut = [] { ::kill(::getpid(), SIGKILL); };
        Flash flash(**store, hooks);
        flash.set_plan({PowerCut{2, CutKind::before}, {}});
        static_cast<void>(flash.program(0, as_bytes("once")));
        static_cast<void>(flash.program(4, as_bytes("more")));
        ::_exit(0);  // not reached
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(content().substr(0, 8), "once\xFF\xFF\xFF\xFF");
}

TEST_F(FlashFile, an_unfinished_new_file_is_completed) {
    std::ofstream(path, std::ios::binary) << std::string(erase_unit + 5, '\xFF');
    ASSERT_TRUE(FileStore::open(path, size));
    EXPECT_EQ(content(), std::string(size, '\xFF'));
}

TEST_F(FlashFile, a_file_of_another_size_is_refused) {
    std::ofstream(path, std::ios::binary) << std::string(size + 1, 'x');
    EXPECT_EQ(FileStore::open(path, size).error(), errors::flash_file);
    EXPECT_EQ(content(), std::string(size + 1, 'x'));
}

TEST_F(FlashFile, an_unreachable_path_is_named) {
    const auto store = FileStore::open(folder + "/missing/flash.bin", size);
    EXPECT_EQ(store.error(), errors::flash_file);
    EXPECT_EQ(store.error().detail(), ENOENT);
}

TEST_F(FlashFile, a_file_that_shrinks_fails_reads) {
    const auto store = FileStore::open(path, size);
    ASSERT_TRUE(store);
    std::filesystem::resize_file(path, erase_unit);
    std::vector<std::uint8_t> bytes(4);
    EXPECT_EQ((*store)->read(erase_unit, bytes).error(), errors::flash_failed);
}

}  // namespace
}  // namespace esb::vchip
