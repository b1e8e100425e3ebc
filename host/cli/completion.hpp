// Shell completion, written from the command table.
#pragma once

#include "host/cli/command_table.hpp"

#include <string>

namespace esb::cli {

std::string bash_completion(const TableCommand& esb);
std::string zsh_completion(const TableCommand& esb);
std::string fish_completion(const TableCommand& esb);

}  // namespace esb::cli
