// esb completion, esb man: what belongs to a shell, written from the command table.
#include "host/cli/command_table.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/completion.hpp"
#include "host/cli/files.hpp"
#include "host/cli/man_pages.hpp"
#include "host/cli/version.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct HabitsOptions {
    std::string shell;
    std::string folder;
};

Outcome<void> print_completion(const CLI::App& app, const HabitsOptions& options, Shell& shell) {
    const auto table = command_table(app);
    // Words of this program: no text of others is in the table.
    shell.out.help() << (options.shell == "bash"  ? bash_completion(table)
                         : options.shell == "zsh" ? zsh_completion(table)
                                                  : fish_completion(table));
    return {};
}

Outcome<void> write_pages(const CLI::App& app, const HabitsOptions& options, Shell& shell) {
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    if (error) return failure(options.folder + ": " + error.message());
    const auto pages = man_pages(command_table(app), esb_version);
    for (const auto& page : pages) {
        const auto path = std::filesystem::path(options.folder) / page.file;
        if (auto done = replace_file(path, page.text, 0644); !done) return done;
    }
    shell.out << pages.size() << " man pages in " << options.folder << '\n';
    return {};
}

}  // namespace

void add_habit_commands(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<HabitsOptions>();
    auto* sub = app.add_subcommand("completion", "Print the completion of esb for a shell");
    sub->add_option("SHELL", options->shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    sub->callback([options, &app, &shell] { shell.finish(print_completion(app, *options, shell)); });

    sub = app.add_subcommand("man", "Write the man pages of esb");
    sub->add_option("DIR", options->folder, "Folder for them, made if it is missing")->required();
    sub->callback([options, &app, &shell] { shell.finish(write_pages(app, *options, shell)); });
}

}  // namespace esb::cli
