// esb run
#include "host/cli/commands.hpp"
#include "host/cli/lab_device.hpp"
#include "host/cli/project_build.hpp"
#include "host/cli/source_watch.hpp"
#include "host/cli/update_push.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

#include <unistd.h>

namespace esb::cli {
namespace {

constexpr auto look_period = std::chrono::milliseconds(300);

struct RunOptions {
    ProjectOptions project;
    std::string folder = ".";
    std::string key = "update-key.pem";
    bool watch = false;
    LabWatch look;
    std::string trace;
};

class RunSession {
public:
    RunSession(const RunOptions& options, Shell& shell)
        : options_(options),
          screen_(shell.out, shell.colour, shell.terminal && ::isatty(STDIN_FILENO) != 0),
          lab_(loop_, screen_),
          build_(options.project, loop_, screen_),
          device_(lab_, loop_, screen_, options.look),
          push_(lab_, loop_, screen_) {}

    Outcome<void> until_interrupted() {
        if (auto good = build_.check(); !good) return good;
        if (auto good = Laboratory::check(); !good) return good;
        if (options_.watch) watch();
        screen_.line(build_source, "building in " + build_.folder().string());
        build_.start(0, [this](const auto& image) { built_first(image); });
        loop_.run_until([this] { return over_ || device_.ended() || lab_.broken() || screen_.ended(); });
        device_.power_off();  // before what it talks to
        if (loop_.interrupted() || screen_.ended()) return {};
        return failed_ ? std::unexpected(*failed_) : failure("the laboratory has come to an end by itself");
    }

private:
    void built_first(const Outcome<std::filesystem::path>& image) {
        if (!image) return fail(image.error());
        if (const auto done = lab_.start(); !done) return fail(done.error());
        if (const auto done = device_.power_on(*image); !done) return fail(done.error());
        loop_.read(STDIN_FILENO, [this](std::string_view bytes) {
            for (const auto& line : screen_.typed(bytes)) device_.type(line);
        });
    }

    void watch() {
        sources_.emplace(options_.folder);
        loop_.every(look_period, [this] {
            if (sources_->look()) changed_ = true;
            if (changed_ && device_.online() && !build_.under_way() && !push_.under_way()) build_next();
        });
    }

    void build_next() {
        changed_ = false;
        screen_.line(build_source, "sources have changed");
        build_.start(++number_, [this](const auto& image) {
            const auto key = std::filesystem::path(options_.folder) / options_.key;
            const auto sent =
                image ? push_.start(*image, key, device_.identity()) : Outcome<void>(std::unexpected(image.error()));
            if (!sent) screen_.line(build_source, sent.error().line + "; the device goes on as it is");
        });
    }

    void fail(const Failure& why) {
        failed_ = why;
        over_ = true;
    }

    const RunOptions& options_;
    Screen screen_;
    EventLoop loop_;
    Laboratory lab_;
    ProjectBuild build_;
    LabDevice device_;
    UpdatePush push_;
    std::optional<SourceWatch> sources_;
    std::optional<Failure> failed_;
    std::uint32_t number_ = 0;  // of the latest build
    bool changed_ = false;
    bool over_ = false;
};

}  // namespace

void add_run_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<RunOptions>();
    auto* sub = app.add_subcommand(
        "run", "Build this project and run it on the virtual chip, with a broker, a web server and a network");
    sub->add_option("DIR", options->folder, "The project's folder")->capture_default_str();
    sub->add_flag("--watch", options->watch,
                  "Build again whenever a source changes, and send each build as a signed update");
    auto* trace = sub->add_option("--trace", options->trace, "Show what happens in the chip, as `esb vchip run --trace` does")
                      ->type_name("[AREA,...]")
                      ->expected(0, 1);
    sub->add_flag("--ui", options->look.page, "Serve a page of the chip on loopback, and tell its address");
    sub->add_option("--key", options->key, "The key that signs them, below the project's folder")
        ->type_name("FILE")
        ->capture_default_str();
    sub->add_option("--image", options->project.image, "Which image, where the project makes several")
        ->type_name("NAME");
    sub->add_option("-D,--define", options->project.variables, "A variable for CMake, as -D of cmake")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    sub->footer("What is typed goes to the serial port; Ctrl-C ends the chip and all that was started with it.");
    sub->callback([options, trace, &shell] {
        auto filter = TraceFilter::parse(options->trace);
        if (!filter) throw CLI::ValidationError(filter.error().line);
        if (trace->count() > 0) options->look.trace = std::move(*filter);
        options->project.project = options->folder;
        RunSession run(*options, shell);
        shell.finish(run.until_interrupted());
    });
}

}  // namespace esb::cli
