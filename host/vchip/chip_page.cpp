#include "host/vchip/chip_page.hpp"

#include "host/vchip/entropy_posix.hpp"

#include <cerrno>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

void* map_page(int fd) { return mmap(nullptr, sizeof(ChipPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); }

}  // namespace

Result<SharedPage> SharedPage::create() {
    const int fd = memfd_create("vchip-page", MFD_CLOEXEC);
    if (fd < 0) return fail(errors::chip_page, errno);
    void* memory = ftruncate(fd, sizeof(ChipPage)) == 0 ? map_page(fd) : MAP_FAILED;
    if (memory == MAP_FAILED) {
        const int code = errno;
        close(fd);
        return fail(errors::chip_page, code);
    }
    SharedPage made(::new (memory) ChipPage, fd);
    ESB_TRY(HostEntropy().fill(made->retained));
    return made;
}

Result<SharedPage> SharedPage::inherit(int fd) {
    struct stat info{};
    if (fstat(fd, &info) != 0 || static_cast<std::size_t>(info.st_size) != sizeof(ChipPage)) {
        return fail(errors::chip_page);
    }
    void* memory = map_page(fd);
    close(fd);
    if (memory == MAP_FAILED) return fail(errors::chip_page, errno);
    SharedPage page(static_cast<ChipPage*>(memory), -1);
    if (page->magic != ChipPage::expected_magic) return fail(errors::chip_page);
    return page;
}

SharedPage::SharedPage(SharedPage&& other) noexcept
    : page_(std::exchange(other.page_, nullptr)), fd_(std::exchange(other.fd_, -1)) {}

SharedPage::~SharedPage() {
    if (page_ != nullptr) munmap(page_, sizeof(ChipPage));
    if (fd_ >= 0) close(fd_);
}

}  // namespace esb::vchip
