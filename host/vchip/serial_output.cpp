#include "host/vchip/serial_output.hpp"

#include "host/vchip/clock_posix.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

constexpr std::int64_t write_patience_ms = 50;

}  // namespace

int own_descriptor(int fd, int access) {
    struct stat info{};
    if (fstat(fd, &info) != 0) return -1;
    if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        const int opened = open(path.c_str(), access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (opened >= 0) return opened;
    }
    const int copied = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    // A regular file never blocks; of the rest there is no second opening, so the flag is set on the shared one.
    if (copied >= 0 && !S_ISREG(info.st_mode)) fcntl(copied, F_SETFL, fcntl(copied, F_GETFL) | O_NONBLOCK);
    return copied;
}

SerialOutput::SerialOutput(int fd) : fd_(own_descriptor(fd, O_WRONLY)) {}

SerialOutput::~SerialOutput() {
    if (fd_ >= 0) close(fd_);
}

std::size_t SerialOutput::write(ConstBytes bytes) {
    const std::lock_guard lock(writing_);
    const std::int64_t deadline = SystemClock::host_ms() + write_patience_ms;
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t put = ::write(fd_, bytes.data() + done, bytes.size() - done);
        if (put > 0) {
            stalled_ = false;
            done += static_cast<std::size_t>(put);
            continue;
        }
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return bytes.size();
        if (!wait_for_room(deadline)) return done;
    }
    return done;
}

bool SerialOutput::wait_for_room(std::int64_t deadline) {
    const std::int64_t left = stalled_ ? 0 : std::max<std::int64_t>(deadline - SystemClock::host_ms(), 0);
    pollfd room{fd_, POLLOUT, 0};
    stalled_ = ::poll(&room, 1, static_cast<int>(left)) <= 0;
    return !stalled_;
}

}  // namespace esb::vchip
