// Waits for several programs, descriptors and the clock at once, and for Ctrl-C. One thread.
#pragma once

#include "host/cli/child.hpp"
#include "host/cli/line_buffer.hpp"
#include "host/cli/outcome.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace esb::cli {

class EventLoop {
public:
    using OnLine = LineBuffer::OnLine;
    using OnEnd = std::function<void(int status)>;
    using OnBytes = std::function<void(std::string_view)>;  // empty: there will be no more

    // From here on SIGINT, SIGTERM and SIGHUP end run_until() instead of the process.
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Starts a program; its lines and its end are told in turns. The reference lives until the end has been told, or
    // until stop().
    Outcome<std::reference_wrapper<const Child>> start(const Program& program, OnLine on_line, OnEnd on_end);
    // Ends it; nothing more is told of it.
    void stop(const Child& child);
    // Whatever comes from a descriptor, which stays the caller's.
    void read(int fd, OnBytes on_bytes);
    // Calls `work` in every turn that comes after such a time.
    void every(std::chrono::milliseconds period, std::function<void()> work);

    // Turns until `done()`; false when the time is over first or when interrupted.
    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds longest = std::chrono::hours(24 * 365));
    bool interrupted() const { return interrupted_; }

private:
    struct Running {
        Child child;
        OnLine on_line;
        OnEnd on_end;
        LineBuffer lines = {};
        bool silent = false;  // its output is closed
        bool over = false;
    };
    struct Reader {
        int fd;
        OnBytes on_bytes;
    };
    struct Timer {
        std::chrono::milliseconds period;
        std::function<void()> work;
        std::chrono::steady_clock::time_point due;
    };

    void turn(std::chrono::milliseconds longest);
    void drain(Running& running);

    std::list<Running> running_;  // a program that is added in a turn is looked at in the next
    std::list<Reader> readers_;
    std::list<Timer> timers_;
    int signals_ = -1;
    bool interrupted_ = false;
};

}  // namespace esb::cli
