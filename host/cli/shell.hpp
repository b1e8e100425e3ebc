// What every command gets: its streams, and where its exit status goes.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/safe_text.hpp"

#include <istream>

namespace esb::cli {

// Exit statuses of `esb`.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // the command was understood, but what it should do did not succeed
inline constexpr int exit_usage = 2;   // the command line is wrong
inline constexpr int exit_reader_left = 141;  // as a shell tells the end by SIGPIPE

struct Shell {
    std::istream& in;
    Printer out;
    Printer err;
    bool terminal = false;  // `out` is a terminal: progress may be drawn in place
    int status = exit_ok;
    bool (*reader_left)() = nullptr;  // whoever read `out` has gone, as head does
    bool colour = false;  // `out` is a terminal that shows colours, and nobody has said NO_COLOR

    // Ends a command: prints the failure's line and sets the status.
    void finish(const Outcome<void>& outcome) {
        if (outcome) return;
        err << "esb: " << outcome.error().line << '\n';
        status = exit_failed;
    }
};

}  // namespace esb::cli
