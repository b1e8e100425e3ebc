// link
#include "esb/device/commands.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;

Status show_link(LinkCommands& rooms, Arguments, Report& report) {
    const auto now = rooms.snapshot.read();
    if (!rooms.wire.present()) report.label("wire").say("this board has no socket");
    if (!now.link.empty()) report.line("link", now.link);
    if (!now.wire.empty()) report.line("wire", now.wire);
    report.line("wifi", now.wifi);
    if (now.address.is_set()) report.line("address", chip::to_text(now.address).view());
    return {};
}

}  // namespace

std::span<const console::TableCommand> LinkCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"link", "", "whether the cable serves, or Wi-Fi", on_rooms<show_link>},
    };
    return table;
}

}  // namespace esb
