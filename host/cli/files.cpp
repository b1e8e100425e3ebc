#include "host/cli/files.hpp"

#include "esb/base/file_text.hpp"
#include "host/cli/outputs.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::cli {

std::unexpected<Failure> os_failure(const std::filesystem::path& path) {
    const int code = errno;
    return failure(path.string() + ": " + std::strerror(code));
}

namespace {

using vchip::Descriptor;

constexpr std::size_t text_margin = 16;  // for a mark and line ends

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Outcome<void> fill(const std::filesystem::path& path, int fd, std::string_view text, mode_t mode) {
    if (::fchmod(fd, mode) != 0) return os_failure(path);
    struct stat folder{};
    if (::geteuid() == 0 && ::stat(folder_of(path).c_str(), &folder) == 0) {
        if (::fchown(fd, folder.st_uid, folder.st_gid) != 0) return os_failure(path);
    }
    if (!write_all(fd, text) || ::fsync(fd) != 0) return os_failure(path);
    return {};
}

// Never over another file. FAT has no second names for a file, NFS no such renaming.
bool name_it(const std::string& temporary, const std::filesystem::path& path) {
    if (::link(temporary.c_str(), path.c_str()) == 0) return true;
    if (errno != EPERM && errno != EOPNOTSUPP) return false;
    return ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
}

// A pipe, a device, or standard output under its name in /dev: a file in its place would reach nobody, and for root
// /dev/null would be gone.
bool may_be_replaced(const std::filesystem::path& path) {
    struct stat about{};
    std::error_code error;
    if (std::filesystem::read_symlink(path, error).string().starts_with("/proc/")) return false;
    return ::stat(path.c_str(), &about) != 0 || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode);
}

Outcome<void> write_into(const std::filesystem::path& path, std::string_view text) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return os_failure(path);
    if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return failure(path.string() + ": not a file");
    const Descriptor opened(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (opened.get() < 0 || !write_all(opened.get(), text)) return os_failure(path);
    return {};
}

Outcome<void> sync_folder(const std::filesystem::path& path) {
    const auto folder = folder_of(path);
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) return os_failure(folder);
    return {};
}

}  // namespace

Outcome<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return os_failure(path);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return os_failure(path);
    if (!S_ISREG(about.st_mode)) return failure(path.string() + ": not a file");
    if (static_cast<std::uintmax_t>(about.st_size) > limit) return failure(path.string() + ": larger than allowed");
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto count = ::read(file.get(), text.data() + have, text.size() - have);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_failure(path);
        if (count == 0) return failure(path.string() + ": became shorter while it was read");
        have += static_cast<std::size_t>(count);
    }
    return text;
}

Outcome<std::string> read_text(const std::filesystem::path& path, std::size_t limit) {
    auto text = read_file(path, limit + text_margin);
    if (!text) return text;
    if (is_utf16(*text)) return failure(path.string() + ": this is UTF-16; save it as UTF-8");
    return std::string(without_mark(*text));
}

Outcome<std::string> read_bare_text(const std::filesystem::path& path, std::size_t limit) {
    auto text = read_text(path, limit);
    if (text) text = std::string(bare_text(*text));
    return text;
}

Outcome<void> replace_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    if (!may_be_replaced(path)) return write_into(path, text);
    std::string temporary = path.string() + ".XXXXXX";
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) return os_failure(path);
    auto done = fill(path, file.get(), text, mode);
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = os_failure(path);
    if (!done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return sync_folder(path);
}

Outcome<void> create_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    std::string temporary = path.string() + ".XXXXXX";
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) return os_failure(path);
    auto done = fill(path, file.get(), text, mode);
    if (done && !name_it(temporary, path)) done = os_failure(path);
    ::unlink(temporary.c_str());
    return done ? sync_folder(path) : done;
}

Outcome<void> check_private(const std::filesystem::path& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return os_failure(path);
    if ((about.st_mode & 077U) != 0)
        return failure(path.string() + " can be read by others; make it private (chmod 600) and change its key");
    return {};
}

Outcome<void> make_private_folder(const std::filesystem::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return os_failure(path);
    struct stat above{};
    if (::geteuid() != 0 || ::stat(folder_of(path).c_str(), &above) != 0) return {};
    if (::chown(path.c_str(), above.st_uid, above.st_gid) != 0) return os_failure(path);
    return {};
}

Outcome<std::filesystem::path> make_temporary_folder(std::string_view name) {
    std::string made = std::filesystem::temp_directory_path() / (std::string(name) + "-XXXXXX");
    if (::mkdtemp(made.data()) == nullptr) return os_failure(made);
    return made;
}

Outcome<FolderLock> FolderLock::take(const std::filesystem::path& folder, std::chrono::milliseconds patience) {
    const auto path = folder / ".lock";
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    const int fd = lock.file_.get();
    if (fd < 0) return os_failure(path);
    struct stat owner{};
    struct stat about{};
    // Else whoever owns the folder could take root's lock no more. One with a second name, or with something in it, is
    // another file that was put here: it is not given away.
    const bool ours = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_nlink == 1 && about.st_size == 0;
    if (ours && ::geteuid() == 0 && ::stat(folder.c_str(), &owner) == 0 &&
        ::fchown(fd, owner.st_uid, owner.st_gid) != 0)
        return os_failure(path);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return os_failure(path);
        if (std::chrono::steady_clock::now() >= until)
            return failure(folder.string() + ": another esb is at work here");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return lock;
}

}  // namespace esb::cli
