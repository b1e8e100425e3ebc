#include "host/vchip/flash_store.hpp"

#include "esb/chip/key_value.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace esb::vchip {

Status MemoryStore::read(std::size_t offset, MutBytes out) const {
    while (!out.empty()) {
        const auto& page = pages_[offset / flash_page];
        const std::size_t within = offset % flash_page;
        const std::size_t count = std::min(out.size(), flash_page - within);
        if (page) {
            std::copy_n(page->begin() + static_cast<std::ptrdiff_t>(within), count, out.begin());
        } else {
            std::fill_n(out.begin(), count, std::uint8_t{0xFF});
        }
        out = out.subspan(count);
        offset += count;
    }
    return {};
}

Status MemoryStore::write(std::size_t offset, ConstBytes bytes) {
    while (!bytes.empty()) {
        const std::size_t within = offset % flash_page;
        const std::size_t count = std::min(bytes.size(), flash_page - within);
        copy(bytes.first(count), MutBytes(own(offset / flash_page)).subspan(within));
        bytes = bytes.subspan(count);
        offset += count;
    }
    return {};
}

MemoryStore::Page& MemoryStore::own(std::size_t index) {
    auto& page = pages_[index];
    if (!page) {
        page = std::make_shared<Page>();
        page->fill(0xFF);
    } else if (page.use_count() > 1) {
        page = std::make_shared<Page>(*page);
    }
    return *page;
}

Result<std::unique_ptr<FileStore>> FileStore::open(const std::string& path, std::size_t size) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return fail(errors::flash_file, errno);
    std::unique_ptr<FileStore> store(new FileStore(file, size));
    struct stat status{};
    if (::fstat(file, &status) != 0) return fail(errors::flash_file, errno);
    const auto present = static_cast<std::size_t>(status.st_size);
    if (present == size) return store;
    if (present > size) return fail(errors::flash_file);
    // New, or left by a process that was killed while it made the file: the missing part is erased flash. A file
    // that was complete once is never shorter.
    const std::vector<std::uint8_t> erased(flash_page, 0xFF);
    for (std::size_t at = present; at < size;) {
        const std::size_t count = std::min(flash_page, size - at);
        ESB_TRY(store->write(at, ConstBytes(erased).first(count)));
        at += count;
    }
    return store;
}

FileStore::~FileStore() { ::close(file_); }

Status FileStore::read(std::size_t offset, MutBytes out) const {
    while (!out.empty()) {
        const auto got = ::pread(file_, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(errors::flash_failed, got < 0 ? errno : 0);
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::size_t>(got);
    }
    return {};
}

Status FileStore::write(std::size_t offset, ConstBytes bytes) {
    while (!bytes.empty()) {
        const auto put = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return fail(errors::flash_failed, put < 0 ? errno : 0);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::size_t>(put);
    }
    return {};
}

}  // namespace esb::vchip
