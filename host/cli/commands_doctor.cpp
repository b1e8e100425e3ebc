// esb doctor
#include "host/cli/commands.hpp"
#include "host/cli/doctor.hpp"
#include "host/cli/json_text.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct DoctorOptions {
    bool board = false;
    bool json = false;
};

std::string_view word_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::virtual_chip:
            return "virtual chip";
        case Purpose::test:
            return "tests";
        case Purpose::board:
            break;
    }
    return "boards";
}

void print(const std::vector<Finding>& findings, bool json, Printer& out) {
    if (json) {
        out << json_text([&](JsonWriter& writer) {
            writer.begin_array();
            for (const auto& one : findings) {
                writer.begin_object().key("what").text(one.what).key("for").text(word_of(one.purpose));
                writer.key("found").boolean(one.found).key("detail").text(one.detail).end_object();
            }
            writer.end_array();
        }) << '\n';
        return;
    }
    for (const auto& one : findings) {
        out << (one.found ? "ok       " : "missing  ") << one.what << ": " << one.detail;
        if (!one.found && one.purpose != Purpose::virtual_chip) out << " (for " << word_of(one.purpose) << ')';
        out << '\n';
    }
}

Outcome<void> look(const DoctorOptions& options, Shell& shell) {
    const auto findings = examine();
    print(findings, options.json, shell.out);
    std::string missing;
    for (const auto& one : findings) {
        const bool needed = one.purpose == Purpose::virtual_chip || (options.board && one.purpose == Purpose::board);
        if (needed && !one.found) missing += (missing.empty() ? "" : ", ") + one.what;
    }
    return missing.empty() ? Outcome<void>() : failure("missing: " + missing);
}

}  // namespace

void add_doctor_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<DoctorOptions>();
    auto* sub = app.add_subcommand("doctor", "Say what is missing on this machine, and how to get it");
    sub->add_flag("--board", options->board,
                  "It fails for what boards need, too, not only for the virtual chip's needs");
    sub->add_flag("--json", options->json, "Print a JSON array");
    sub->callback([options, &shell] { shell.finish(look(*options, shell)); });
}

}  // namespace esb::cli
