#include "host/vchip/uart_posix.hpp"

#include "host/vchip/clock_posix.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

constexpr std::int64_t write_patience_ms = 50;

// A descriptor of our own for what `fd` is connected to, non-blocking where that matters.
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

}  // namespace

StdioUart::StdioUart(chip::Wake& wake, int in_fd, int out_fd)
    : wake_(wake), in_(own_descriptor(in_fd, O_RDONLY)), out_(own_descriptor(out_fd, O_WRONLY)), ended_(in_ < 0) {}

StdioUart::~StdioUart() {
    if (in_ >= 0) close(in_);
    if (out_ >= 0) close(out_);
}

std::size_t StdioUart::read(MutBytes out) {
    if (received_.empty()) receive();
    std::size_t count = 0;
    while (count < out.size() && !received_.empty()) out[count++] = received_.pop();
    return count;
}

void StdioUart::poll() {
    receive();
    wake_.wake();
}

void StdioUart::receive() {
    std::array<std::uint8_t, decltype(received_)::capacity()> buffer;
    const std::size_t room = buffer.size() - received_.size();
    if (ended_ || room == 0) return;
    const ssize_t got = ::read(in_, buffer.data(), room);
    for (ssize_t i = 0; i < got; ++i) static_cast<void>(received_.push(buffer[static_cast<std::size_t>(i)]));
    // End of file, or a terminal that was hung up: there will never be more.
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) ended_ = true;
}

std::size_t StdioUart::write(ConstBytes bytes) {
    const std::lock_guard lock(writing_);
    const std::int64_t deadline = SystemClock::host_ms() + write_patience_ms;
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t put = ::write(out_, bytes.data() + done, bytes.size() - done);
        if (put > 0) {
            done += static_cast<std::size_t>(put);
            continue;
        }
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return bytes.size();
        const std::int64_t left = deadline - SystemClock::host_ms();
        pollfd room{out_, POLLOUT, 0};
        if (left <= 0 || ::poll(&room, 1, static_cast<int>(left)) <= 0) return done;
    }
    return done;
}

}  // namespace esb::vchip
