// What the flight recorder knows, the time, the way out of safe mode.
#include "esb/base/encoding.hpp"
#include "esb/device/commands.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;

std::optional<record::LogEntry> entry_at(const record::Recorder& recorder, std::size_t index) {
    auto entry = recorder.next_after(0);
    for (; entry && index > 0; --index) entry = recorder.next_after(entry->number);
    return entry;
}

Status show_log(HealthCommands& rooms, Arguments, Report& report) {
    const auto& recorder = rooms.recorder;
    if (recorder.size() == 0) report.say("nothing is noted");
    return report.list("log", recorder.size(), [&](std::size_t i) {
        const auto entry = entry_at(recorder, i);
        if (!entry) return Status();
        FixedString<16> why;
        const auto line = record::line_of(*entry, rooms.log_names, why);
        report.item().fact("when", record::when(line).view()).say("  ");
        report.fact("what", record::describe(line, rooms.log_names).view());
        return Status();
    });
}

Status show_time(HealthCommands& rooms, Arguments, Report& report) {
    const auto wall = rooms.clock.wall();
    report.line("time", wall ? record::utc_text(*wall).view() : "not known");
    const auto server = rooms.settings.text(settings::names::time_server);
    report.line("server", server.empty() ? "off" : server);
    if (const auto& outcome = rooms.time.sntp().outcome()) {
        report.label("last answer");
        if (*outcome) {
            report.fact("answer", "ok");
        } else {
            report.say(outcome->error().text()).say(" (").fact("answer", outcome->error().name()).say(")");
        }
    }
    report.label("not before").fact("not_before", record::utc_text(rooms.time.floor()).view());
    return {};
}

Status leave_safe_mode(HealthCommands& rooms, Arguments, Report& report) {
    if (!rooms.health.safe_mode()) {
        report.say("the device is not in safe mode");
        return {};
    }
    ESB_TRY(rooms.health.leave_safe_mode());
    report.say("restarting");
    rooms.restart.request();
    return {};
}

}  // namespace

std::span<const console::TableCommand> HealthCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"log", "", "what happened to the device", on_rooms<show_log>},
        {"time", "", "the clock and where it comes from", on_rooms<show_time>},
        {"safe-mode leave", "", "run the author's code again, after a restart", on_rooms<leave_safe_mode>},
    };
    return table;
}

}  // namespace esb
