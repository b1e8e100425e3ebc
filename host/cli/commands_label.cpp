// esb label
#include "esb/base/file_text.hpp"
#include "host/cli/birth_lines.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/files.hpp"
#include "host/cli/identity_option.hpp"
#include "host/cli/label.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

constexpr std::size_t log_max = 64 * 1024 * 1024;

struct LabelOptions {
    std::string identity;
    std::string password;
    std::string birth;
    std::string output;
    bool text = false;
};

Outcome<AccessPoint> from_log(const LabelOptions& options, Shell& shell) {
    if (options.birth == "-") return wait_for_access_point(shell.in, options.identity);
    const auto log = read_text(options.birth, log_max);
    if (!log) return std::unexpected(log.error());
    return find_access_point(*log, options.identity);
}

AccessPoint from_arguments(const LabelOptions& options, Shell& shell) {
    AccessPoint made{options.identity, options.password};
    if (made.password != "-") return made;
    made.password.clear();
    std::getline(shell.in, made.password);
    if (made.password.ends_with('\r')) made.password.pop_back();
    made.password = std::string(without_mark(made.password));
    return made;
}

Outcome<void> run(const LabelOptions& options, Shell& shell) {
    auto access_point = options.birth.empty() ? from_arguments(options, shell) : from_log(options, shell);
    if (!access_point) return std::unexpected(access_point.error());
    if (auto good = check_access_point_password(access_point->password); !good) return good;
    const auto label = Label::make(*access_point);
    if (!label) return std::unexpected(label.error());
    if (options.text || options.output.empty()) shell.out << label->drawing(shell.terminal);
    if (options.output.empty()) return {};
    const auto picture = options.output.ends_with(".png") ? label->png() : Outcome<std::string>(label->svg());
    if (!picture) return std::unexpected(picture.error());
    if (auto written = replace_file(options.output, *picture, 0600); !written) return written;
    shell.err << "label of " << access_point->ssid << " in " << options.output << '\n';
    return {};
}

std::string check_output(const std::string& path) {
    if (path.ends_with(".svg") || path.ends_with(".png")) return {};
    return "the label's file must end in .svg or .png";
}

}  // namespace

void add_label_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<LabelOptions>();
    auto* label = app.add_subcommand("label", "QR label that takes a phone into a device's access point");
    label->add_option("IDENT", options->identity, "The device's identity, the access point's name")
        ->check(check_identity_option);
    auto* password = label->add_option("PASSWORD", options->password, "The access point's password; -: standard input");
    auto* birth = label->add_option("--birth", options->birth,
                                    "Serial log with the birth lines instead; -: standard input, until they come");
    birth->excludes(password);
    label->add_option("-o,--output", options->output, "File to write, .svg or .png; default: drawn in the terminal")
        ->check(check_output);
    label->add_flag("--text", options->text, "Draw it in the terminal as well");
    label->callback([options, &shell, birth, password] {
        if (birth->empty() && password->empty()) throw CLI::RequiredError("IDENT and PASSWORD, or --birth");
        shell.finish(run(*options, shell));
    });
}

}  // namespace esb::cli
