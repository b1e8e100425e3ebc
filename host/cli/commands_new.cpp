// esb new
#include "host/cli/commands.hpp"
#include "host/cli/files.hpp"
#include "host/cli/project_files.hpp"
#include "host/cli/secure_base.hpp"
#include "host/cli/signing_key.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

constexpr const char* key_name = "update-key.pem";

struct NewOptions {
    std::string folder;
};

std::string name_of(const std::string& folder) {
    const auto path = std::filesystem::path(folder).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).filename().string();
}

Outcome<void> check_folder(const std::string& folder) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) return {};
    if (!std::filesystem::is_directory(folder, error)) return failure(folder + " exists and is no folder");
    if (!std::filesystem::is_empty(folder, error) || error)
        return failure(folder + " is not empty; a project is made in a new folder");
    return {};
}

Outcome<void> write_files(const std::filesystem::path& folder, std::string_view name) {
    std::error_code error;
    for (const auto& file : project_files()) {
        const auto path = folder / fill_in(file.path, name);
        std::filesystem::create_directories(path.parent_path(), error);
        if (error) return failure(path.parent_path().string() + ": " + error.message());
        if (auto done = create_file(path, fill_in(file.text, name), 0644); !done) return done;
    }
    return {};
}

Outcome<void> make_update_key(const std::filesystem::path& folder) {
    const auto path = folder / key_name;
    const auto key = SigningKey::generate();
    if (!key) return failure("no key could be made", key.error());
    if (const auto saved = key->save_pem(path); !saved) return failure(path.string(), saved.error());
    return create_file(path.string() + ".pub.jwk", key->public_jwk() + '\n', 0644);
}

Outcome<void> make(const NewOptions& options, Shell& shell) {
    if (auto good = check_folder(options.folder); !good) return good;
    const auto name = name_of(options.folder);
    if (auto done = write_files(options.folder, name); !done) return done;
    if (auto done = make_update_key(options.folder); !done) return done;
    shell.out << options.folder << ": main.cpp is your firmware; " << key_name
              << " signs its updates: keep it, and keep it out of repositories.\n\n";
    if (const auto base = secure_base(); !base.empty() && !is_installed(base))
        shell.out << "  export ESB_BASE=" << base.string() << '\n';
    shell.out << "  cd " << options.folder << '\n'
              << "  esb run --watch                            on the virtual chip; each saved change is an update\n"
              << "  cmake -B build && cmake --build build      the image build/" << name << ".img\n"
              << "  ctest --test-dir build                     its test\n"
              << "  idf.py -B build-board build                for a board\n";
    return {};
}

}  // namespace

void add_new_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<NewOptions>();
    auto* sub = app.add_subcommand("new", "Write a project of your own: firmware, test, build files, update key");
    sub->add_option("NAME", options->folder, "The project's name, or its folder, which is new or empty")
        ->required()
        ->check([](const std::string& folder) { return check_project_name(name_of(folder)); });
    sub->callback([options, &shell] { shell.finish(make(*options, shell)); });
}

}  // namespace esb::cli
