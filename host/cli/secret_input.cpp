#include "host/cli/secret_input.hpp"

#include "esb/base/file_text.hpp"

#include <array>
#include <csignal>
#include <iostream>

#include <signal.h>
#include <termios.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

termios as_it_was{};  // the terminal, for end()

// Ctrl-C at the question: whoever types next sees it again.
void end(int signal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
    ::raise(signal);  // SA_RESETHAND
}

// The terminal shows nothing of what is typed while this lives.
class NoEcho {
public:
    NoEcho() {
        if (::tcgetattr(STDIN_FILENO, &as_it_was) != 0) return;
        struct sigaction action{};
        action.sa_handler = end;
        action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
        for (std::size_t i = 0; i < ending.size(); ++i) ::sigaction(ending[i], &action, &before_[i]);
        auto silent = as_it_was;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        changed_ = true;
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    ~NoEcho() {
        if (!changed_) return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
        for (std::size_t i = 0; i < ending.size(); ++i) ::sigaction(ending[i], &before_[i], nullptr);
    }

private:
    std::array<struct sigaction, ending.size()> before_{};
    bool changed_ = false;
};

}  // namespace

bool can_ask(const Shell& shell) { return &shell.in == &std::cin && ::isatty(STDIN_FILENO) != 0; }

std::optional<std::string> read_secret_line(Shell& shell, std::string_view what) {
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
    if (!shell.in) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    return std::string(without_mark(line));
}

Outcome<std::string> read_secret(Shell& shell, std::string_view what) {
    const auto line = read_secret_line(shell, what).value_or(std::string());
    if (line.empty()) return failure(std::string(what) + ": nothing was given");
    return line;
}

}  // namespace esb::cli
