#include "host/vchip/efuse_file.hpp"

#include "host/vchip/entropy_posix.hpp"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

Result<std::optional<EfuseKey>> read_key(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return std::optional<EfuseKey>();
    if (fd < 0) return fail(errors::efuse_file, errno);
    std::array<std::uint8_t, efuse_key_size + 1> bytes{};
    const ssize_t got = read(fd, bytes.data(), bytes.size());
    const int code = got < 0 ? errno : 0;
    close(fd);
    if (got != static_cast<ssize_t>(efuse_key_size)) return fail(errors::efuse_file, code);
    EfuseKey key{};
    copy(ConstBytes(bytes).first(key.size()), key);
    return std::optional(key);
}

Status write_key(const std::string& path, const EfuseKey& key) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail(errors::efuse_file, errno);
    const bool written = write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(fd) == 0;
    const int code = written ? 0 : errno;
    close(fd);
    return written ? Status() : fail(errors::efuse_file, code);
}

}  // namespace

std::string efuse_file_of(const std::string& flash) { return flash + ".efuse"; }

Result<EfuseKey> read_or_burn_efuses(const std::string& path) {
    const auto present = read_key(path);
    if (!present) return fail(present.error());
    if (*present) return **present;
    EfuseKey fresh{};
    ESB_TRY(HostEntropy().fill(fresh));
    const std::string draft = path + "." + std::to_string(getpid());
    unlink(draft.c_str());
    Status done = write_key(draft, fresh);
    // A link never replaces: whoever comes second takes the first one's.
    if (done && link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) done = fail(errors::efuse_file, errno);
    unlink(draft.c_str());
    ESB_TRY(done);
    const auto burnt = read_key(path);
    if (!burnt) return fail(burnt.error());
    return *burnt ? Result<EfuseKey>(**burnt) : fail(errors::efuse_file, ENOENT);
}

}  // namespace esb::vchip
