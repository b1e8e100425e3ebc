// The commands of `esb`, one file a family. Each adds itself to the parser; its callback runs it.
#pragma once

#include "host/cli/command_table.hpp"
#include "host/cli/shell.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace esb::cli {

void add_new_command(CLI::App& app, Shell& shell);
void add_run_command(CLI::App& app, Shell& shell);
void add_doctor_command(CLI::App& app, Shell& shell);
void add_monitor_command(CLI::App& app, Shell& shell);
void add_config_commands(CLI::App& app, Shell& shell);
void add_key_commands(CLI::App& app, Shell& shell);
void add_sign_commands(CLI::App& app, Shell& shell);
void add_broker_commands(CLI::App& app, Shell& shell);
// `esb broker rotate`, below `esb broker`.
void add_rotate_command(CLI::App& broker, Shell& shell);
void add_ca_commands(CLI::App& app, Shell& shell);
// `esb ca serve`, below `esb ca`.
void add_ca_serve_command(CLI::App& family, Shell& shell);
void add_enroll_command(CLI::App& app, Shell& shell);
void add_factory_command(CLI::App& app, Shell& shell);
void add_fleet_commands(CLI::App& app, Shell& shell);
void add_label_command(CLI::App& app, Shell& shell);
void add_log_command(CLI::App& app, Shell& shell);
void add_ota_command(CLI::App& app, Shell& shell);
void add_coredump_command(CLI::App& app, Shell& shell);
void add_agent_command(CLI::App& app, Shell& shell);
void add_verify_command(CLI::App& app, Shell& shell);
void add_vchip_commands(CLI::App& app, Shell& shell);
void add_swarm_command(CLI::App& app, Shell& shell);
// `esb completion` and `esb man`.
void add_habit_commands(CLI::App& app, Shell& shell);

// All of them, for whoever writes about them.
TableCommand full_table(Shell& shell);

// The whole tool: parses and runs, returns the exit status. `arguments` are without the program's name.
int run(const std::vector<std::string>& arguments, Shell& shell);

}  // namespace esb::cli
