// esb monitor
#include "host/cli/birth_keeper.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/event_loop.hpp"
#include "host/cli/serial_port.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

#include <unistd.h>

namespace esb::cli {
namespace {

struct MonitorOptions {
    std::string port;
    unsigned baud = 115200;
    BirthOptions births;
    bool once = false;
};

Outcome<void> monitor(const MonitorOptions& options, Shell& shell) {
    const auto path = options.port.empty() ? choose_serial_port(serial_ports()) : Outcome<std::string>(options.port);
    if (!path) return std::unexpected(path.error());
    const auto port = OpenPort::open(*path, options.baud);
    if (!port) return std::unexpected(port.error());

    Screen screen(shell.out, shell.colour, shell.terminal && ::isatty(STDIN_FILENO) != 0);
    EventLoop loop;
    BirthKeeper births(options.births, screen);
    std::optional<Failure> failed;
    bool gone = false;
    LineBuffer lines;
    const auto take_line = [&](std::string_view line) {
        screen.line(serial_source, line);
        const auto kept = births.take(line);
        if (kept) return;
        screen.line(birth_source, kept.error().line);
        failed = kept.error();
    };
    screen.line(birth_source, *path + "; birth lines go to " + options.births.file + "; Ctrl-C ends");
    loop.read(port->fd(), [&](std::string_view bytes) {
        if (bytes.empty()) gone = true;
        lines.take(bytes, take_line);
    });
    loop.read(STDIN_FILENO, [&](std::string_view bytes) {
        for (const auto& line : screen.typed(bytes)) {
            screen.line(serial_source, line, ">");
            if (!port->write(line + '\n')) gone = true;
        }
    });
    const auto over = [&] { return gone || screen.ended() || (options.once && (births.complete() || failed)); };
    loop.run_until(over);
    if (options.once && failed) return std::unexpected(*failed);
    if (gone) return failure(*path + " is gone");
    if (options.once && !births.complete()) return failure("no birth lines came");
    return {};
}

}  // namespace

void add_monitor_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<MonitorOptions>();
    auto* sub =
        app.add_subcommand("monitor", "A board's serial port in this terminal; keeps the birth lines of a new device");
    sub->add_option("PORT", options->port, "The serial port (default: the only /dev/ttyUSB* or /dev/ttyACM*)");
    sub->add_option("--baud", options->baud, "Its speed")->capture_default_str();
    sub->add_option("--births", options->births.file, "File for birth lines, private (0600); new ones are appended")
        ->type_name("FILE")
        ->capture_default_str();
    sub->add_option("--label", options->births.label, "Write the label of a new device here, .svg or .png")
        ->type_name("FILE")
        ->check([](const std::string& name) {
            return name.ends_with(".svg") || name.ends_with(".png") ? std::string()
                                                                    : "the label's file must end in .svg or .png";
        });
    sub->add_option("--account", options->births.broker, "Give a new device an account at the broker of this folder")
        ->type_name("DIR");
    sub->add_flag("--once", options->once, "End when a new device has been taken in");
    sub->callback([options, &shell] { shell.finish(monitor(*options, shell)); });
}

}  // namespace esb::cli
