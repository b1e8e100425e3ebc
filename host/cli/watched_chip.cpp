#include "host/cli/watched_chip.hpp"

#include "host/cli/pipe.hpp"
#include "host/vchip/clock_posix.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr int trace_room = 1 << 20;  // bytes that may wait while the terminal or the page is slow

std::unexpected<Failure> refused(const char* what) { return failure(std::string(what) + ": " + std::strerror(errno)); }

void make_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

WatchedChip::~WatchedChip() {
    cut_power();
    close_if_open(trace_read_);
    close_if_open(trace_write_);
}

Outcome<void> WatchedChip::open() {
    Pipe made;
    if (!made.open()) return refused("the trace's pipe");
    trace_read_ = made.take(made.read);
    trace_write_ = made.take(made.write);
    make_nonblocking(trace_read_);
    make_nonblocking(trace_write_);
    ::fcntl(trace_write_, F_SETPIPE_SZ, trace_room);  // less is good, too
    options_.trace = {trace_write_, vchip::SystemClock::host_ms()};
    return {};
}

Outcome<void> WatchedChip::switch_on() {
    if (is_on()) return {};
    Pipe in;
    Pipe out;
    if (own_serial_ && (!in.open() || !out.open())) return refused("the serial port's pipes");
    const pid_t parent = ::getpid();
    const pid_t made = ::fork();
    if (made < 0) return refused("a process for the chip");
    if (made == 0) become_chip(parent, in.read, out.write);
    pid_ = made;
    handle_ = static_cast<int>(::syscall(SYS_pidfd_open, made, 0));
    if (!own_serial_) return {};
    typing_ = in.take(in.write);
    serial_ = out.take(out.read);
    make_nonblocking(typing_);
    make_nonblocking(serial_);
    return {};
}

// This process has no threads, so everything may be called in the child.
void WatchedChip::become_chip(pid_t parent, int in, int out) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (own_serial_) {
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
    }
    ::_exit(vchip::run_vchip(options_));
}

void WatchedChip::cut_power() {
    if (!is_on()) return;
    ::kill(pid_, SIGKILL);
    static_cast<void>(reap());
}

int WatchedChip::reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    close_ends();
    return status;
}

void WatchedChip::close_ends() {
    close_if_open(handle_);
    close_if_open(serial_);
    close_if_open(typing_);
}

void WatchedChip::type(std::string_view text) const {
    if (typing_ < 0) return;
    [[maybe_unused]] const auto written = ::write(typing_, text.data(), text.size());
}

}  // namespace esb::cli
