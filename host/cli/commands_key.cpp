// esb key new | show
#include "host/cli/commands.hpp"
#include "host/cli/files.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/signing_key.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct KeyOptions {
    std::string file;
    bool json = false;
};

void print(const SigningKey& key, const KeyOptions& options, Printer& out) {
    if (options.json) {
        out << json_text([&](JsonWriter& json) {
            json.begin_object().key("kid").text(key.kid()).key("public").text(key.public_text()).end_object();
        }) << '\n';
        return;
    }
    out << "kid     " << key.kid() << '\n' << "public  " << key.public_text() << '\n';
}

Outcome<void> make(const KeyOptions& options, Shell& shell) {
    const auto jwk_file = options.file + ".pub.jwk";
    std::error_code error;
    for (const auto& path : {options.file, jwk_file}) {
        if (std::filesystem::exists(path, error)) return failure(path + " exists already; a key is never overwritten");
    }
    const auto key = SigningKey::generate();
    if (!key) return failure("no key could be made", key.error());
    if (const auto saved = key->save_pem(options.file); !saved) return failure(options.file, saved.error());
    if (auto done = create_file(jwk_file, key->public_jwk() + '\n', 0644); !done) {
        std::filesystem::remove(options.file, error);  // nobody has it yet, and it would stop the next try
        return done;
    }
    print(*key, options, shell.out);
    if (!options.json) {
        shell.out << "\nThe private key is in " << options.file << ": keep it off devices and out of repositories.\n"
                  << "Give ESB_APP the public text, or the build the file " << jwk_file << ".\n";
    }
    return {};
}

Outcome<void> show_key(const KeyOptions& options, Shell& shell) {
    const auto key = SigningKey::load_pem(options.file);
    if (!key) return failure(options.file, key.error());
    print(*key, options, shell.out);
    return {};
}

}  // namespace

void add_key_commands(CLI::App& app, Shell& shell) {
    auto* family = app.add_subcommand("key", "ES256 keys that sign updates");
    family->require_subcommand(1);
    const auto options = std::make_shared<KeyOptions>();
    const auto command = [&, options](const char* name, const char* help, auto run) {
        auto* sub = family->add_subcommand(name, help);
        sub->add_option("FILE", options->file, "The private key's PEM file")->required();
        sub->add_flag("--json", options->json, "Print JSON");
        sub->callback([options, &shell, run] { shell.finish(run(*options, shell)); });
    };
    command("new", "Make a key: FILE (private, mode 0600) and FILE.pub.jwk", make);
    command("show", "Show a key's kid and its public text for ESB_APP", show_key);
}

}  // namespace esb::cli
