// debug ...
#include "esb/device/core.hpp"
#include "esb/device/shell.hpp"

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;

void show_variable(const console::Variables& variables, std::size_t index, Report& report) {
    report.next().say(variables.name(index)).say(" = ");
    variables.show(index, variables.name(index), report);
}

Status list_variables(Core& core, Arguments, Report& report) {
    const auto& variables = core.shell().variables();
    return report.group("variables", variables.size(), [&](std::size_t i) {
        show_variable(variables, i, report);
        return Status();
    });
}

Status show_variables(Core& core, Arguments wanted, Report& report) {
    const auto& variables = core.shell().variables();
    for (const auto name : wanted) {
        if (!variables.find(name)) return fail(errors::device_no_variable);
    }
    return report.group("variables", wanted.size(), [&](std::size_t i) {
        show_variable(variables, *variables.find(wanted[i]), report);
        return Status();
    });
}

}  // namespace

std::span<const console::TableCommand> debug() {
    static constexpr console::TableCommand table[] = {
        {"debug list", "", "the firmware's variables and their values", 0, 0, on_core<list_variables>},
        {"debug show", "<variable>...", "some of them, by name", 1, console::words_max - 2, on_core<show_variables>},
    };
    return table;
}

}  // namespace esb::commands
