#include "host/vchip/uart_posix.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace esb::vchip {

StdioUart::StdioUart(chip::Wake& wake, int in_fd, int out_fd)
    : wake_(wake), in_(own_descriptor(in_fd, O_RDONLY)), out_(out_fd), ended_(in_ < 0) {}

StdioUart::~StdioUart() {
    if (in_ >= 0) close(in_);
}

std::size_t StdioUart::read(MutBytes out) {
    if (received_.empty() && more_) receive();
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
    more_ = got == static_cast<ssize_t>(room);
    for (ssize_t i = 0; i < got; ++i) static_cast<void>(received_.push(buffer[static_cast<std::size_t>(i)]));
    // End of file, or a terminal that was hung up: there will never be more.
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) ended_ = true;
}

}  // namespace esb::vchip
