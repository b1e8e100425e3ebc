// portal ...
#include "esb/device/core.hpp"
#include "esb/device/shell.hpp"

#include <chrono>

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;

Status show_portal(Core& core, Arguments, Report& report) {
    const auto now = core.reactor().now();
    report.line("state", wifi::name(core.wifi().portal()));
    report.line("network", core.identity().view());
    report.line("address", core.settings().text(settings::names::ap_address));
    if (const auto closes = core.wifi().portal_closes_at()) {
        report.label("closes in").fact("left", std::chrono::duration_cast<std::chrono::seconds>(*closes - now).count());
        report.say(" s");
    }
    return {};
}

Status open_portal(Core& core, Arguments, Report& report) {
    ESB_TRY(core.open_portal());
    report.say("ok");
    return {};
}

Status close_portal(Core& core, Arguments, Report& report) {
    core.wifi().close_portal(core.reactor().now());
    report.say("ok");
    return {};
}

}  // namespace

std::span<const console::TableCommand> portal() {
    static constexpr console::TableCommand table[] = {
        {"portal info", "", "the set-up access point and its page", 0, 0, on_core<show_portal>},
        {"portal open", "", "put it on the air, or keep it there for longer", 0, 0, on_core<open_portal>},
        {"portal close", "", "take it off the air", 0, 0, on_core<close_portal>},
    };
    return table;
}

}  // namespace esb::commands
