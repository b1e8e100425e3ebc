#include "host/cli/colour.hpp"
#include "host/cli/commands.hpp"

#include <exception>
#include <iostream>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace {

bool reader_left() {
    pollfd about{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&about, 1, 0) == 1 && (about.revents & (POLLERR | POLLHUP)) != 0;
}

// `esb ... | head`: as every command of a pipeline, once its files are closed and its locks gone.
void end_as_by_sigpipe() {
    ::signal(SIGPIPE, SIG_DFL);
    ::raise(SIGPIPE);
}

}  // namespace

int main(int argc, char** argv) {
    // A reader that left shows as an error of the write. Who has asked for that, as systemd can, is told it as one.
    const bool as_asked = ::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
    esb::cli::Shell shell{std::cin, std::cout, std::cerr, esb::cli::is_terminal(STDOUT_FILENO)};
    if (!as_asked) shell.reader_left = reader_left;
    shell.colour = esb::cli::shows_colour(STDOUT_FILENO);
    try {
        const int status = esb::cli::run(std::vector<std::string>(argv + 1, argv + argc), shell);
        if (status == esb::cli::exit_reader_left) end_as_by_sigpipe();
        return status;
    } catch (const std::exception& error) {
        shell.err << "esb: " << error.what() << '\n';
        return esb::cli::exit_failed;
    }
}
