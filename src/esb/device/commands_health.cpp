// Console: what the flight recorder knows, the time, the way out of safe mode.
#include "esb/base/encoding.hpp"
#include "esb/device/core.hpp"
#include "esb/device/log_text.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Output;

Status show_log(Core& core, Output& out) {
    auto& recorder = core.health().recorder();
    auto entry = recorder.next_after(0);
    if (!entry) out.line("nothing is noted");
    for (; entry; entry = recorder.next_after(entry->number)) {
        FixedString<16> why;
        const auto line = line_of(*entry, why);
        out.text(when(line)).text("  ").line(describe(line));
    }
    return {};
}

Status show_time(Core& core, Output& out) {
    const auto wall = core.chip().clock.wall();
    out.text("time: ").line(wall ? utc_text(*wall).view() : "not known");
    const auto server = core.settings().text(settings::names::time_server);
    out.text("server: ").line(server.empty() ? "off" : server);
    const auto& sntp = core.health().sntp();
    if (const auto& outcome = sntp.outcome()) {
        out.text("last answer: ");
        if (*outcome) {
            out.line("ok");
        } else {
            out.text(outcome->error().text()).text(" (").text(outcome->error().name()).line(")");
        }
    }
    out.text("not before: ").line(utc_text(core.health().clock().floor()));
    return {};
}

Status leave_safe_mode(Core& core, Output& out) {
    if (const auto left = core.health().leave_safe_mode(); !left) {
        if (left.error() != errors::not_found) return left;
        out.line("the device is not in safe mode");
        return {};
    }
    out.line("restarting");
    core.request_restart();
    return {};
}

}  // namespace

void add_health_commands(Core& core) {
    Core* const c = &core;
    const auto add = [c](const console::Command& command) {
        static_cast<void>(c->console().add(command));  // our own names are distinct and few
    };
    add({"log", "", "what happened to the device", 0, 0, [c](Arguments, Output& out) { return show_log(*c, out); }});
    add({"time", "", "the clock and where it comes from", 0, 0,
         [c](Arguments, Output& out) { return show_time(*c, out); }});
    add({"safe-mode leave", "", "run the author's code again, after a restart", 0, 0,
         [c](Arguments, Output& out) { return leave_safe_mode(*c, out); }});
}

}  // namespace esb
