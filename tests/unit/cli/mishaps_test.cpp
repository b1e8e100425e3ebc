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

}  // namespace
}  // namespace esb::cli
