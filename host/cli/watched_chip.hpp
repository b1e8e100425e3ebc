// A virtual chip in a process of its own, so that whoever watches it outlives a loss of its power.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/vchip/process.hpp"

#include <optional>
#include <string_view>

#include <sys/types.h>

namespace esb::cli {

class WatchedChip {
public:
    // `own_serial`: the serial port is serial() and type() instead of this process's standard input and output.
    WatchedChip(vchip::VchipOptions options, bool own_serial) : options_(std::move(options)), own_serial_(own_serial) {}
    // Cuts the power.
    ~WatchedChip();
    WatchedChip(const WatchedChip&) = delete;
    WatchedChip& operator=(const WatchedChip&) = delete;

    // Before anything else: makes the pipe of the trace.
    Outcome<void> open();
    // Nothing when it is on. The chip dies with this process.
    Outcome<void> switch_on();
    // A loss of power, at this moment. Nothing when it is off.
    void cut_power();
    bool is_on() const { return pid_ > 0; }

    int trace() const { return trace_read_; }  // JSON lines, without blocking; of all power-ons
    int handle() const { return handle_; }     // readable once it has ended by itself; -1: it is off
    int serial() const { return serial_; }     // what it writes; -1: it is off, or has this process's output
    // To its serial port. What finds no room is lost, as on a wire.
    void type(std::string_view text) const;
    // Once handle() is readable: how it ended, as waitpid() says; it is off then.
    int reap();

private:
    [[noreturn]] void become_chip(pid_t parent, int in, int out) const;
    void close_ends();

    vchip::VchipOptions options_;
    bool own_serial_;
    int trace_read_ = -1;
    int trace_write_ = -1;
    pid_t pid_ = -1;
    int handle_ = -1;
    int serial_ = -1;
    int typing_ = -1;
};

}  // namespace esb::cli
