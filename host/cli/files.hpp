// Whole files: read with a limit, replaced atomically, guarded by a lock.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/vchip/descriptor.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace esb::cli {

// What the last system call failed of, by errno, with the path in front.
std::unexpected<Failure> os_failure(const std::filesystem::path& path);

// Fails for anything but a regular file, and beyond `limit` bytes.
Outcome<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

// A text file, as UTF-8 without a byte order mark; the second one also without white space and line ends around it.
// Fails for UTF-16.
Outcome<std::string> read_text(const std::filesystem::path& path, std::size_t limit);
Outcome<std::string> read_bare_text(const std::filesystem::path& path, std::size_t limit);

// Writes a temporary file beside `path`, syncs it, renames it and syncs the folder: afterwards the old or the new
// text is there, never a part. When run by root the new file gets the owner of its folder.
Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, mode_t mode);
// Creates `path`, with all of the text; fails when there is something already.
Outcome<void> create_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

// Fails when somebody else than its owner may read or write it: what it holds is a secret no longer.
Outcome<void> check_private(const std::filesystem::path& path);

// Makes a folder for its owner alone (0700) unless it is there. When run by root it gets the owner of the one above.
Outcome<void> make_private_folder(const std::filesystem::path& path);
// A new folder for its owner alone among the temporary ones, NAME-XXXXXX. Whoever asked removes it.
Outcome<std::filesystem::path> make_temporary_folder(std::string_view name);

// Keeps other runs of the tool out of a folder while it lives (flock on `.lock` in it).
class FolderLock {
public:
    static Outcome<FolderLock> take(const std::filesystem::path& folder,
                                    std::chrono::milliseconds patience = std::chrono::seconds(10));

private:
    explicit FolderLock(int fd) : file_(fd) {}
    vchip::Descriptor file_;
};

}  // namespace esb::cli
