// The console's commands. Secrets are taken, never shown.
#include "esb/base/encoding.hpp"
#include "esb/device/core.hpp"

#include <array>

namespace esb {
namespace {

using console::Arguments;
using console::Output;
namespace names = settings::names;

std::string_view name(mqtt::Client::State state) {
    constexpr std::string_view texts[] = {"stopped", "waiting to try again", "opening", "connecting", "connected",
                                          "closing"};
    return texts[static_cast<std::size_t>(state)];
}

std::string_view set_or_not(bool set) { return set ? "set (never shown)" : "not set"; }

Status show_status(Core& core, Output& out) {
    const auto heap = core.chip().system.heap();
    const auto& image = core.app().image;
    out.text("firmware: ").text(image.app).text(" ").text(image.ver).text(" (seq ").number(image.seq);
    out.text(", floor ").number(core.updater().floor()).text(")");
    out.line(core.updater().on_trial() ? ", on trial" : "");
    if (core.health().safe_mode()) out.line("mode: safe, without the author's code (safe-mode leave ends it)");
    out.text("reset: ").line(chip::name(core.chip().system.reset_reason()));
    out.text("wifi: ").line(wifi::name(core.wifi().state()));
    out.text("mqtt: ").text(name(core.link().client().state())).line(core.online() ? ", on line" : "");
    out.text("update: ").line(ota::name(core.updater().progress().state));
    out.text("heap: ").number(static_cast<std::int64_t>(heap.free)).text(" bytes free, ");
    out.number(static_cast<std::int64_t>(heap.minimum_free)).line(" at the lowest");
    out.text("stack: ").number(static_cast<std::int64_t>(core.chip().system.stack_reserve()));
    out.line(" bytes never used");
    out.text("up: ").number(static_cast<std::int64_t>(milliseconds(core.reactor().now()) / 1000)).line(" s");
    return {};
}

Status show_wifi(Core& core, Output& out) {
    const auto& settings = core.settings();
    const auto ssid = settings.bytes(names::wifi_ssid);
    out.text("network: ");
    if (ssid.empty()) {
        out.line("not set");
    } else {
        out.quoted(ssid).text(", password ").line(set_or_not(!settings.text(names::wifi_pass).empty()));
    }
    out.text("state: ").line(wifi::name(core.wifi().state()));
    if (core.wifi().is_up()) {
        out.text("address: ").line(chip::to_text(core.wifi().address().address));
    }
    if (const auto link = core.chip().radio.link()) {
        out.text("signal: ").number(link->rssi).text(" dBm, channel ").number(link->channel).end_line();
    }
    return {};
}

// Commits the patch and says so.
Status keep(Core& core, const settings::Patch& patch, Output& out) {
    ESB_TRY(core.settings().commit(patch));
    out.line("ok");
    return {};
}

Status connect_wifi(Core& core, Arguments arguments, Output& out) {
    settings::Patch patch(core.schema(), settings::Origin::console);
    if (arguments[0].empty()) return fail(errors::setting_length);
    ESB_TRY(patch.set_bytes(names::wifi_ssid, as_bytes(arguments[0])));
    if (arguments.size() > 1) {
        ESB_TRY(patch.set(names::wifi_pass, arguments[1]));
    } else {
        ESB_TRY(patch.unset(names::wifi_pass));
    }
    return keep(core, patch, out);
}

Status show_mqtt(Core& core, Output& out) {
    const auto& settings = core.settings();
    out.text("server: ");
    if (settings.text(names::mqtt_host).empty()) {
        out.line("not set");
    } else {
        out.text(settings.text(names::mqtt_host)).text(":").number(settings.integer(names::mqtt_port)).end_line();
    }
    out.text("ident: ").line(settings.text(names::mqtt_ident));
    out.text("base topic: ").line(core.link().base());
    out.text("psk: ").line(set_or_not(!settings.bytes(names::mqtt_psk).empty()));
    out.text("state: ").line(name(core.link().client().state()));
    if (!core.link().connected()) return {};
    out.text("suite: ").line(core.link().suite());
    if (const auto time = core.presence().last_round_trip()) out.text("echo: ").number(time->count()).line(" ms");
    return {};
}

Status set_server(Core& core, Arguments arguments, Output& out) {
    settings::Patch patch(core.schema(), settings::Origin::console);
    if (arguments[0].empty()) return fail(errors::setting_length);
    ESB_TRY(patch.set(names::mqtt_host, arguments[0]));
    if (arguments.size() > 1) {
        ESB_TRY(patch.set(names::mqtt_port, arguments[1]));
    } else {
        ESB_TRY(patch.unset(names::mqtt_port));
    }
    return keep(core, patch, out);
}

Status set_one(Core& core, std::string_view setting, std::string_view value, Output& out) {
    settings::Patch patch(core.schema(), settings::Origin::console);
    ESB_TRY(patch.set(setting, value));
    return keep(core, patch, out);
}

Status set_required(Core& core, std::string_view setting, std::string_view value, Output& out) {
    if (value.empty()) return fail(errors::setting_length);
    return set_one(core, setting, value, out);
}

Status show_setting(Core& core, const settings::Setting& setting, Output& out) {
    out.text(setting.name).text(" = ");
    if (setting.secret) {
        out.line(set_or_not(core.settings().is_set(setting.name)));
        return {};
    }
    std::array<char, settings::text_max> text;
    const auto shown = core.settings().show(setting.name, text);
    if (!shown) return fail(shown.error());
    out.line(*shown);
    return {};
}

Status get_setting(Core& core, std::string_view name, Output& out) {
    const auto* setting = core.schema().find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    return show_setting(core, *setting, out);
}

Status list_settings(Core& core, Output& out) {
    for (std::size_t i = 0; i < core.schema().size(); ++i) ESB_TRY(show_setting(core, core.schema().at(i), out));
    return {};
}

Status show_update(Core& core, Output& out) {
    std::array<char, 384> text;
    out.line(Presence::update_json(core.updater().progress(), core.app().image.ver, text));
    return {};
}

void add(Core& core, const console::Command& command) {
    static_cast<void>(core.console().add(command));  // our own names are distinct and few
}

}  // namespace

void add_commands(Core& core) {
    Core* const c = &core;
    add(core,
        {"status", "", "how the device is doing", 0, 0, [c](Arguments, Output& out) { return show_status(*c, out); }});
    add(core,
        {"wifi info", "", "network and signal", 0, 0, [c](Arguments, Output& out) { return show_wifi(*c, out); }});
    add(core, {"wifi connect", "<ssid> [<pass>]", "join a network", 1, 2,
               [c](Arguments args, Output& out) { return connect_wifi(*c, args, out); }});
    add(core, {"mqtt info", "", "broker, identity and connection", 0, 0,
               [c](Arguments, Output& out) { return show_mqtt(*c, out); }});
    add(core, {"mqtt server", "<host> [<port>]", "set the broker", 1, 2,
               [c](Arguments args, Output& out) { return set_server(*c, args, out); }});
    add(core, {"mqtt ident", "<id>", "set the identity at the broker", 1, 1,
               [c](Arguments args, Output& out) { return set_required(*c, names::mqtt_ident, args[0], out); }});
    add(core, {"mqtt psk", "<hex>", "set the pre-shared key, 32 to 128 hex digits", 1, 1,
               [c](Arguments args, Output& out) { return set_required(*c, names::mqtt_psk, args[0], out); }});
    add(core,
        {"ota status", "", "the latest update", 0, 0, [c](Arguments, Output& out) { return show_update(*c, out); }});
    add(core,
        {"config list", "", "every setting", 0, 0, [c](Arguments, Output& out) { return list_settings(*c, out); }});
    add(core, {"config get", "<name>", "one setting", 1, 1,
               [c](Arguments args, Output& out) { return get_setting(*c, args[0], out); }});
    add(core, {"config set", "<name> <value>", "change one setting", 2, 2,
               [c](Arguments args, Output& out) { return set_one(*c, args[0], args[1], out); }});
    add(core, {"restart", "", "restart the chip", 0, 0, [c](Arguments, Output& out) {
                   out.line("restarting");
                   c->request_restart();
                   return Status();
               }});
}

}  // namespace esb
