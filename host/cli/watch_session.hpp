// A virtual chip that is watched: its trace on the terminal and in a file, its page in a browser.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/shell.hpp"
#include "host/cli/trace_text.hpp"
#include "host/vchip/process.hpp"

#include <filesystem>
#include <optional>

namespace esb::cli {

struct WatchOptions {
    std::optional<TraceFilter> trace;  // as text on standard error; empty: none
    std::filesystem::path json;        // every line of the trace is appended there; empty: nowhere
    bool page = false;                 // a page on loopback; its address is told on standard error
};

// Switches the chip on and stays until it has switched itself off; with a page, until Ctrl-C. A cut that its plan of faults
// asks for ends this process by SIGKILL, as it ends a chip that nobody watches; with a page the chip is off then, and can
// be switched on again. The status is run_vchip()'s.
Outcome<int> run_watched(const vchip::VchipOptions& chip, const WatchOptions& options, Shell& shell);

}  // namespace esb::cli
