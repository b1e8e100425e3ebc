#include "host/cli/commands.hpp"

#include "host/cli/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace esb::cli {
namespace {

constexpr const char* what_it_is =
    "Firmware, keys, signed updates, broker accounts, the fleet, virtual chips: the tool of ESP32 Secure Base.";

void set_up(CLI::App& app, Shell& shell) {
    app.require_subcommand(1);
    app.set_version_flag("--version", "esb " + std::string(esb_version), "Print the version");
    app.footer("Exit status: 0 done, 1 it failed, 2 the command line is wrong.");
    app.failure_message([](const CLI::App* where, const CLI::Error& error) {
        std::string hint = where->get_name();
        for (const auto* up = where->get_parent(); up != nullptr; up = up->get_parent())
            hint = up->get_name() + ' ' + hint;
        return (SafeText() << "esb: " << error.what() << " (see: " << hint << " --help)\n").text();
    });
    add_new_command(app, shell);
    add_run_command(app, shell);
    add_doctor_command(app, shell);
    add_monitor_command(app, shell);
    add_key_commands(app, shell);
    add_sign_commands(app, shell);
    add_broker_commands(app, shell);
    add_ca_commands(app, shell);
    add_config_commands(app, shell);
    add_enroll_command(app, shell);
    add_factory_command(app, shell);
    add_fleet_commands(app, shell);
    add_label_command(app, shell);
    add_log_command(app, shell);
    add_ota_command(app, shell);
    add_coredump_command(app, shell);
    add_agent_command(app, shell);
    add_verify_command(app, shell);
    add_vchip_commands(app, shell);
    add_swarm_command(app, shell);
    add_habit_commands(app, shell);
}

}  // namespace

TableCommand full_table(Shell& shell) {
    CLI::App app(what_it_is, "esb");
    set_up(app, shell);
    return command_table(app);
}

int run(const std::vector<std::string>& arguments, Shell& shell) {
    CLI::App app(what_it_is, "esb");
    set_up(app, shell);
    auto reversed = arguments;  // as CLI11 wants them
    std::reverse(reversed.begin(), reversed.end());
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        shell.status = app.exit(error, shell.out.help(), shell.err.help()) == 0 ? exit_ok : exit_usage;
    }
    shell.out.flush();
    if (shell.status != exit_ok || shell.out.good()) return shell.status;
    // What is there may be half of it.
    if (shell.reader_left != nullptr && shell.reader_left()) return exit_reader_left;
    shell.finish(failure("standard output could not be written"));
    return shell.status;
}

}  // namespace esb::cli
