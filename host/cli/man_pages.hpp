// Man pages, written from the command table: esb(1), and one for each command and its subcommands.
#pragma once

#include "host/cli/command_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct ManPage {
    std::string file;  // "esb-broker.1"
    std::string text;  // roff, macros of man(7)
};

std::vector<ManPage> man_pages(const TableCommand& esb, std::string_view version);

}  // namespace esb::cli
