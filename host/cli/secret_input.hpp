// Secrets of people: asked for at the terminal without showing them, or a line of standard input.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/shell.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

// There is a person at a terminal.
bool can_ask(const Shell& shell);

// One line without its end, which may be empty; nothing when standard input has come to its end.
std::optional<std::string> read_secret_line(Shell& shell, std::string_view what);
// One line without its end; `what` is what a person is asked for. Fails when there is none.
Outcome<std::string> read_secret(Shell& shell, std::string_view what);

}  // namespace esb::cli
