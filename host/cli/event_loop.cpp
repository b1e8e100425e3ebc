#include "host/cli/event_loop.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace esb::cli {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    return set;
}

}  // namespace

EventLoop::EventLoop() {
    const auto set = ending_signals();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

EventLoop::~EventLoop() {
    running_.clear();
    ::close(signals_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        ::signal(number, SIG_IGN);  // forgets those that have come
        ::signal(number, SIG_DFL);
    }
    const auto set = ending_signals();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Outcome<std::reference_wrapper<const Child>> EventLoop::start(const Program& program, OnLine on_line, OnEnd on_end) {
    auto child = Child::start(program);
    if (!child) return std::unexpected(child.error());
    running_.push_back({std::move(*child), std::move(on_line), std::move(on_end)});
    return std::cref(running_.back().child);
}

void EventLoop::stop(const Child& child) {
    for (auto& running : running_) {
        if (&running.child != &child) continue;
        running.child.stop();
        running.over = true;
    }
}

void EventLoop::read(int fd, OnBytes on_bytes) { readers_.push_back({fd, std::move(on_bytes)}); }

void EventLoop::every(milliseconds period, std::function<void()> work) {
    timers_.push_back({period, std::move(work), Clock::now() + period});
}

bool EventLoop::run_until(const std::function<bool()>& done, milliseconds longest) {
    const auto until = Clock::now() + longest;
    while (!done()) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
        if (interrupted_ || left.count() <= 0) return false;
        turn(left);
    }
    return true;
}

void EventLoop::drain(Running& running) {
    const auto tell = [&running](std::string_view line) {
        if (!running.over) running.on_line(line);
    };
    std::array<char, 16 * 1024> buffer;
    while (!running.over && !running.silent) {
        const auto count = ::read(running.child.output(), buffer.data(), buffer.size());
        if (count < 0) return;
        if (count == 0) {
            running.silent = true;
            return running.lines.flush(tell);
        }
        running.lines.take({buffer.data(), static_cast<std::size_t>(count)}, tell);
    }
}

void EventLoop::turn(milliseconds longest) {
    const auto now = Clock::now();
    for (const auto& timer : timers_) {
        const auto left = std::chrono::duration_cast<milliseconds>(timer.due - now) + milliseconds(1);
        longest = std::clamp(left, milliseconds(0), longest);
    }
    std::vector<pollfd> waits{{signals_, POLLIN, 0}};
    for (const auto& reader : readers_) waits.push_back({reader.fd, POLLIN, 0});
    std::vector<Running*> programs;
    for (auto& running : running_) {
        programs.push_back(&running);
        waits.push_back({running.silent ? -1 : running.child.output(), POLLIN, 0});
        waits.push_back({running.child.handle(), POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), static_cast<int>(std::min<std::int64_t>(longest.count(), 3'600'000)));

    if (waits[0].revents != 0) interrupted_ = true;
    std::size_t at = 1;
    for (auto reader = readers_.begin(); reader != readers_.end(); ++at) {
        const auto here = reader++;
        if (waits[at].revents == 0) continue;
        std::array<char, 4096> buffer;
        const auto count = ::read(here->fd, buffer.data(), buffer.size());
        const auto on_bytes = here->on_bytes;
        if (count <= 0) readers_.erase(here);
        on_bytes({buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0});
    }
    for (auto* const program : programs) {
        const bool ended = waits[at + 1].revents != 0;
        if (waits[at].revents != 0 || ended) drain(*program);
        at += 2;
        if (!ended || program->over) continue;
        program->over = true;
        program->lines.flush(program->on_line);
        program->on_end(program->child.reap());
    }
    running_.remove_if([](const Running& running) { return running.over; });
    for (auto& timer : timers_) {
        if (Clock::now() < timer.due) continue;
        timer.due = Clock::now() + timer.period;
        timer.work();
    }
}

}  // namespace esb::cli
