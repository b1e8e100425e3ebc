// wifi ...
#include "esb/device/commands.hpp"

#include <array>

namespace esb {
namespace {

using console::Arguments;
using console::Report;
namespace names = settings::names;

constexpr std::size_t shown_max = 20;  // networks of a scan

Status show_info(WifiCommands& rooms, Arguments, Report& report) {
    const auto& settings = rooms.settings;
    const auto in_use = as_bytes(rooms.wifi.ssid());
    const auto ssid = in_use.empty() ? settings.bytes(names::wifi_ssid) : in_use;
    report.label("network");
    if (ssid.empty()) {
        report.say("not set");
    } else {
        report.octets("network", ssid);
    }
    report.line("state", wifi::name(rooms.wifi.state()));
    if (rooms.wifi.is_up()) {
        report.line("address", chip::to_text(rooms.wifi.address().address).view());
    }
    if (const auto link = rooms.radio.link()) {
        report.label("signal").fact("rssi", link->rssi).say(" dBm, channel ").fact("channel", link->channel);
    }
    return {};
}

Status show_networks(WifiCommands& rooms, Arguments, Report& report) {
    const auto& settings = rooms.settings;
    return report.list("networks", std::size(names::networks), [&](std::size_t i) {
        const auto& network = names::networks[i];
        const auto ssid = settings.bytes(network.ssid);
        if (ssid.empty()) return Status();
        const bool secured = settings.is_set(network.pass);
        const bool hidden = settings.boolean(network.hidden);
        report.item().fact("index", i).say(": ").octets("ssid", ssid);
        report.say(secured ? ", password set (never shown)" : ", no password").data("password", secured);
        report.say(hidden ? ", hidden" : "").data("hidden", hidden);
        report.say(", priority ").fact("priority", settings.integer(network.priority));
        return Status();
    });
}

Status connect(WifiCommands& rooms, Arguments arguments, Report& report) {
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    if (arguments[0].empty()) return fail(errors::setting_length);
    // No passphrase is as short as this word.
    const bool hidden = arguments.size() > 1 && arguments.back() == "hidden";
    if (arguments.size() == 3 && !hidden) return fail(errors::invalid_argument);
    const auto pass = arguments.size() == (hidden ? 3U : 2U) ? arguments[1] : std::string_view();
    ESB_TRY(patch.set_bytes(names::wifi_ssid, as_bytes(arguments[0])));
    ESB_TRY(pass.empty() ? patch.unset(names::wifi_pass) : patch.set(names::wifi_pass, pass));
#if ESB_WIFI_ENTERPRISE
    ESB_TRY(patch.unset(names::enterprises[0].method));
#endif
    ESB_TRY(hidden ? patch.set(names::networks[0].hidden, "on") : patch.unset(names::networks[0].hidden));
    return rooms.config.change(patch, report);
}

Status scan_networks(WifiCommands& rooms, Arguments, Report& report) {
    auto& waiting = rooms.scan;
    const auto now = rooms.reactor.now();
    if (!report.resumed()) {
        waiting = {rooms.wifi.scans(), now + wifi::Supervisor::scan_limit};
        ESB_TRY(rooms.radio.start_scan());
        return report.wait();
    }
    if (rooms.wifi.scans() == waiting.count) {
        if (now >= waiting.until) return fail(errors::timed_out);
        return report.wait();
    }
    std::array<chip::ScanEntry, shown_max> found;
    const auto count = rooms.radio.scan_results(found);
    return report.list("networks", count, [&](std::size_t i) {
        report.item().octets("ssid", as_bytes(found[i].ssid.view())).say("  ").fact("rssi", found[i].rssi);
        report.say(" dBm, channel ").fact("channel", found[i].channel).say(", ");
        report.fact("auth", chip::name(found[i].auth));
        return Status();
    });
}

}  // namespace

std::span<const console::TableCommand> WifiCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"wifi info", "", "network and signal", on_rooms<show_info>},
        {"wifi networks", "", "the networks to choose from", on_rooms<show_networks>},
        {"wifi connect", "<ssid> [<pass>] [hidden]", "join a network", on_rooms<connect>, {.secret_from = 1}},
        {"wifi scan", "", "what is in the air", on_rooms<scan_networks>},
    };
    return table;
}

}  // namespace esb
