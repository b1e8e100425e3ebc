#include "host/cli/secret_input.hpp"

#include "esb/base/file_text.hpp"

#include <iostream>

#include <termios.h>
#include <unistd.h>

namespace esb::cli {
namespace {

// The terminal shows nothing of what is typed while this lives.
class NoEcho {
public:
    NoEcho() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    ~NoEcho() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
    bool changed_ = false;
};

}  // namespace

bool can_ask(const Shell& shell) { return &shell.in == &std::cin && ::isatty(STDIN_FILENO) != 0; }

Outcome<std::string> read_secret(Shell& shell, std::string_view what) {
    std::string line;
    if (can_ask(shell)) {
        shell.err << what << ": ";
        shell.err.flush();
        const NoEcho silent;
        std::getline(shell.in, line);
        shell.err << '\n';
    } else {
        std::getline(shell.in, line);
    }
    if (line.ends_with('\r')) line.pop_back();
    line = std::string(without_mark(line));
    if (line.empty()) return failure(std::string(what) + ": nothing was given");
    return line;
}

}  // namespace esb::cli
