// debug ...
#include "esb/device/commands.hpp"
#include "esb/device/errors.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;

void show_variable(const console::Variables& variables, std::size_t index, Report& report) {
    report.next().say(variables.name(index)).say(" = ");
    variables.show(index, variables.name(index), report);
}

Status list_variables(DebugCommands& rooms, Arguments, Report& report) {
    const auto& variables = rooms.variables;
    return report.group("variables", variables.size(), [&](std::size_t i) {
        show_variable(variables, i, report);
        return Status();
    });
}

Status show_variables(DebugCommands& rooms, Arguments wanted, Report& report) {
    const auto& variables = rooms.variables;
    for (const auto name : wanted) {
        if (!variables.find(name)) return fail(errors::device_no_variable);
    }
    return report.group("variables", wanted.size(), [&](std::size_t i) {
        show_variable(variables, *variables.find(wanted[i]), report);
        return Status();
    });
}

}  // namespace

std::span<const console::TableCommand> DebugCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"debug list", "", "the firmware's variables and their values", on_rooms<list_variables>},
        {"debug show", "<variable>...", "some of them, by name", on_rooms<show_variables>},
    };
    return table;
}

}  // namespace esb
