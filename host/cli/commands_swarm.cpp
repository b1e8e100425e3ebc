// esb swarm
#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/swarm_run.hpp"
#include "host/vchip/swarm_process.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

#include <sys/resource.h>

namespace esb::cli {
namespace {

// The swarm's process and the broker have one a device; some devices have two for a while.
constexpr std::size_t descriptors_besides = 100;

struct SwarmOptions {
    std::size_t devices = 0;
    std::string image;
    double quiet = 10;  // seconds
    bool broker_restart = false;
    std::optional<std::uint32_t> faults;
    double faults_for = 20;  // seconds
    std::optional<std::size_t> serial;
    bool json = false;
};

Outcome<void> allow_descriptors(std::size_t devices) {
    const auto wanted = static_cast<rlim_t>(devices + devices / 2 + descriptors_besides);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return {};
    limit.rlim_cur = wanted;
    limit.rlim_max = std::max(limit.rlim_max, wanted);  // root may
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
    return failure(std::to_string(devices) + " devices need " + std::to_string(wanted) +
                   " open files (ulimit -n), and this account may not have so many");
}

std::string with(const char* form, double value) {
    char text[32];
    std::snprintf(text, sizeof text, form, value);
    return text;
}

class Swarm {
public:
    Swarm(const SwarmOptions& options, Shell& shell)
        : options_(options),
          shell_(shell),
          screen_(shell.err, shell.colour, false),
          lab_(loop_, screen_),
          run_(loop_, lab_, options.devices,
               [this](std::string_view doing, const SwarmState& state) { draw(doing, state); }) {}

    Outcome<void> run() {
        if (auto good = allow_descriptors(options_.devices); !good) return good;
        if (auto good = Laboratory::check(); !good) return good;
        if (auto done = lab_.start(); !done) return done;
        const auto outcome = live();
        end_drawing();
        if (outcome) report();
        return outcome;
    }

private:
    Outcome<void> live() {
        const auto said = [this](std::string_view line) {
            end_drawing();
            screen_.line(serial_source, line);
        };
        if (auto done = run_.start(options_.image, options_.serial, said); !done) return done;
        if (auto done = run_.rest(SwarmRun::Seconds(options_.quiet)); !done) return done;
        if (options_.broker_restart) {
            if (auto done = run_.restart_broker(); !done) return done;
        }
        if (!options_.faults) return {};
        return run_.suffer(SwarmRun::Seconds(options_.faults_for), *options_.faults);
    }

    void draw(std::string_view doing, const SwarmState& state) {
        if (!shell_.terminal || options_.json) return;
        SafeText line = SafeText::drawing("\r\x1B[K");
        line << doing << ": " << state.powered << " have power, " << state.online << " of " << options_.devices
             << " on line, " << state.resident / 1'000'000 << " MB";
        shell_.out << line << std::flush;
        drawn_ = true;
    }

    void end_drawing() {
        if (drawn_) shell_.out << SafeText::drawing("\r\x1B[K") << std::flush;
        drawn_ = false;
    }

    void report() {
        const auto& figures = run_.figures();
        if (options_.json) return report_json(figures);
        shell_.out << figures.devices << " devices in one process, on line in " << with("%.1f", figures.online_seconds)
                   << " s (" << with("%.0f", figures.connects_a_second) << " connections a second), born in "
                   << with("%.1f", figures.born_seconds) << " s\n";
        shell_.out << "each: " << figures.bytes_each / 1024 << " KiB, " << with("%.4f", figures.idle_percent)
                   << " % of a processor when nothing happens\n";
        if (figures.back_seconds)
            shell_.out << "after a restart of the broker 99 % were back in " << with("%.1f", *figures.back_seconds)
                       << " s, all in " << with("%.1f", *figures.all_back_seconds) << " s\n";
        if (figures.recovered_seconds)
            shell_.out << "after the faults of seed " << *options_.faults << " all were back in "
                       << with("%.1f", *figures.recovered_seconds) << " s\n";
    }

    void report_json(const SwarmFigures& figures) {
        const auto ms = [](double seconds) { return static_cast<std::int64_t>(seconds * 1000); };
        shell_.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("devices").number(static_cast<std::int64_t>(figures.devices));
            json.key("bytes").number(static_cast<std::int64_t>(figures.bytes_each));
            json.key("born_ms").number(ms(figures.born_seconds)).key("online_ms").number(ms(figures.online_seconds));
            json.key("connects").number(static_cast<std::int64_t>(figures.connects_a_second));
            json.key("idle_ppm").number(static_cast<std::int64_t>(figures.idle_percent * 10'000));
            if (figures.back_seconds) {
                json.key("back_ms").number(ms(*figures.back_seconds));
                json.key("all_back_ms").number(ms(*figures.all_back_seconds));
            }
            if (figures.recovered_seconds) json.key("recovered_ms").number(ms(*figures.recovered_seconds));
            json.end_object();
        }) << '\n';
    }

    const SwarmOptions& options_;
    Shell& shell_;
    Screen screen_;
    EventLoop loop_;
    Laboratory lab_;
    SwarmRun run_;
    bool drawn_ = false;
};

}  // namespace

void add_swarm_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<SwarmOptions>();
    auto* sub = app.add_subcommand("swarm", "Run many devices of one image in one process, with a broker of their own");
    sub->add_option("N", options->devices, "How many")->required()->check(CLI::Range(std::size_t{1}, vchip::swarm_max));
    sub->add_option("--image", options->image, "The firmware that all of them run")->required()->type_name("FILE");
    sub->add_option("--quiet", options->quiet, "How many seconds they are looked at while nothing happens")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 3600.0));
    sub->add_flag("--broker-restart", options->broker_restart, "Then restart the broker and wait until all are back");
    sub->add_option("--faults", options->faults, "Then a share loses power, network and broker, by this seed")
        ->type_name("SEED");
    sub->add_option("--for", options->faults_for, "How many seconds the faults last")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 3600.0));
    sub->add_option("--serial", options->serial, "Show what this device prints, counted from 0")->type_name("DEVICE");
    sub->add_flag("--json", options->json, "The figures as JSON");
    sub->footer("The devices share the process, and so an author's variables that are not in a device's own objects.");
    sub->callback([options, &shell] {
        Swarm swarm(*options, shell);
        shell.finish(swarm.run());
    });
}

}  // namespace esb::cli
