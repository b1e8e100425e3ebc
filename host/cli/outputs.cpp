#include "host/cli/outputs.hpp"

#include "host/cli/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace esb::cli {
namespace {

// The same file, or the same place where there is none yet.
bool is_same(const std::filesystem::path& a, const std::filesystem::path& b) {
    std::error_code error;
    if (std::filesystem::exists(a, error) && std::filesystem::exists(b, error))
        return std::filesystem::is_regular_file(a, error) && std::filesystem::equivalent(a, b, error);
    const auto place = [&error](const std::filesystem::path& path) {
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
    };
    return place(a) == place(b);
}

}  // namespace

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

Outcome<void> check_outputs(const std::vector<std::filesystem::path>& inputs,
                            const std::vector<std::filesystem::path>& outputs) {
    for (auto output = outputs.begin(); output != outputs.end(); ++output) {
        const auto same = [&](const std::filesystem::path& other) { return is_same(*output, other); };
        if (std::any_of(inputs.begin(), inputs.end(), same) || std::any_of(outputs.begin(), output, same))
            return failure(output->string() + " would be written over: two things have the same name");
    }
    return {};
}

Outcome<void> append_private(const std::filesystem::path& path, std::string_view text) {
    const vchip::Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    const int fd = file.get();
    if (fd < 0) return os_failure(path);
    auto outcome = check_private(path);
    const auto end = ::lseek(fd, 0, SEEK_END);
    if (outcome && (!write_all(fd, text) || ::fsync(fd) != 0)) {
        outcome = os_failure(path);
        // What comes next must not go on with half of this.
        if (end >= 0 && ::ftruncate(fd, end) != 0) outcome = os_failure(path);
    }
    return outcome;
}

Outcome<MemoryFile> MemoryFile::make(std::string_view content) {
    MemoryFile made(::memfd_create("esb", MFD_CLOEXEC));
    if (made.file_.get() < 0 || !write_all(made.file_.get(), content)) return os_failure("a file in memory");
    return made;
}

std::string MemoryFile::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file_.get());
}

}  // namespace esb::cli
