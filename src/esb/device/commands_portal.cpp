// portal ...
#include "esb/device/commands.hpp"

#include <chrono>

namespace esb {
namespace {

using console::Arguments;
using console::Report;

Status show_portal(PortalCommands& rooms, Arguments, Report& report) {
    const auto now = rooms.reactor.now();
    report.line("state", wifi::name(rooms.network.wifi().portal()));
    report.line("network", rooms.identity.view());
    report.line("address", rooms.settings.text(settings::names::ap_address));
    if (const auto closes = rooms.network.wifi().portal_closes_at()) {
        report.label("closes in").fact("left", std::chrono::duration_cast<std::chrono::seconds>(*closes - now).count());
        report.say(" s");
    }
    return {};
}

Status open_portal(PortalCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.network.open_portal());
    report.say("ok");
    return {};
}

Status close_portal(PortalCommands& rooms, Arguments, Report& report) {
    rooms.network.wifi().close_portal(rooms.reactor.now());
    report.say("ok");
    return {};
}

}  // namespace

std::span<const console::TableCommand> PortalCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"portal info", "", "the set-up access point and its page", on_rooms<show_portal>},
        {"portal open", "", "put it on the air, or keep it there for longer", on_rooms<open_portal>},
        {"portal close", "", "take it off the air", on_rooms<close_portal>},
    };
    return table;
}

}  // namespace esb
