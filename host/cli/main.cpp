#include "host/cli/colour.hpp"
#include "host/cli/commands.hpp"

#include <exception>
#include <iostream>

#include <signal.h>
#include <unistd.h>

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);  // a reader that left shows as an error of the write
    esb::cli::Shell shell{std::cin, std::cout, std::cerr, esb::cli::is_terminal(STDOUT_FILENO)};
    shell.colour = esb::cli::shows_colour(STDOUT_FILENO);
    try {
        return esb::cli::run(std::vector<std::string>(argv + 1, argv + argc), shell);
    } catch (const std::exception& error) {
        shell.err << "esb: " << error.what() << '\n';
        return esb::cli::exit_failed;
    }
}
