// Every command and option of `esb`, as the parser knows them: what man pages and shell completion are written from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace esb::cli {

struct TableOption {
    std::vector<std::string> names;    // "--output", "-o"; of a positional "FILE"
    std::string value;                 // "FILE", "UINT"; empty: a flag
    std::vector<std::string> choices;  // what the value may be; empty: anything
    std::string help;
    std::string fallback;  // what counts without the option; empty: nothing is said
    std::string variable;  // of the environment, which stands for the option
    bool positional = false;
    bool required = false;
};

struct TableCommand {
    std::string name;
    std::string help;
    std::vector<TableOption> options;  // positionals too, in their order
    std::vector<TableCommand> commands;
};

TableCommand command_table(const CLI::App& app);

// A variable of the environment that is no option's, and what it does.
struct Variable {
    std::string_view name;
    std::string_view help;
};
const std::vector<Variable>& variables();

}  // namespace esb::cli
