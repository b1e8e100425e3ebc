// What the flight recorder knows, the time, the way out of safe mode.
#include "esb/base/encoding.hpp"
#include "esb/device/core.hpp"
#include "esb/device/log_text.hpp"
#include "esb/device/shell.hpp"

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;

std::optional<LogEntry> entry_at(const Recorder& recorder, std::size_t index) {
    auto entry = recorder.next_after(0);
    for (; entry && index > 0; --index) entry = recorder.next_after(entry->number);
    return entry;
}

Status show_log(Core& core, Arguments, Report& report) {
    const auto& recorder = core.health().recorder();
    if (recorder.size() == 0) report.say("nothing is noted");
    return report.list("log", recorder.size(), [&](std::size_t i) {
        const auto entry = entry_at(recorder, i);
        if (!entry) return Status();
        FixedString<16> why;
        const auto line = line_of(*entry, why);
        report.item().fact("when", when(line).view()).say("  ").fact("what", describe(line).view());
        return Status();
    });
}

Status show_time(Core& core, Arguments, Report& report) {
    const auto wall = core.chip().clock.wall();
    report.line("time", wall ? utc_text(*wall).view() : "not known");
    const auto server = core.settings().text(settings::names::time_server);
    report.line("server", server.empty() ? "off" : server);
    if (const auto& outcome = core.health().sntp().outcome()) {
        report.label("last answer");
        if (*outcome) {
            report.fact("answer", "ok");
        } else {
            report.say(outcome->error().text()).say(" (").fact("answer", outcome->error().name()).say(")");
        }
    }
    report.label("not before").fact("not_before", utc_text(core.health().clock().floor()).view());
    return {};
}

Status leave_safe_mode(Core& core, Arguments, Report& report) {
    if (!core.health().safe_mode()) {
        report.say("the device is not in safe mode");
        return {};
    }
    ESB_TRY(core.health().leave_safe_mode());
    report.say("restarting");
    core.request_restart();
    return {};
}

}  // namespace

std::span<const console::TableCommand> health() {
    static constexpr console::TableCommand table[] = {
        {"log", "", "what happened to the device", 0, 0, on_core<show_log>},
        {"time", "", "the clock and where it comes from", 0, 0, on_core<show_time>},
        {"safe-mode leave", "", "run the author's code again, after a restart", 0, 0, on_core<leave_safe_mode>},
    };
    return table;
}

}  // namespace esb::commands
