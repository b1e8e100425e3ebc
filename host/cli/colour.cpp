#include "host/cli/colour.hpp"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace esb::cli {
namespace {

std::string_view terminal_type() {
    const char* const type = std::getenv("TERM");
    return type == nullptr ? std::string_view() : type;
}

}  // namespace

bool is_terminal(int output) { return ::isatty(output) != 0 && terminal_type() != "dumb"; }

bool shows_colour(int output) {
    const char* const no = std::getenv("NO_COLOR");
    return is_terminal(output) && (no == nullptr || *no == '\0') && !terminal_type().empty();
}

}  // namespace esb::cli
