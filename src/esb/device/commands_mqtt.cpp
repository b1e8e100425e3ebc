// mqtt ...
#include "esb/device/commands.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;
namespace names = settings::names;

// What became of publishes that could not go at once.
void show_publishes(const MqttCommands& rooms, Report& report) {
    const auto& client = rooms.link.client();
    report.label("publishes").fact("waiting", client.pending()).say(" under way");
    if (const auto refused = rooms.publisher.refused(); refused > 0) report.say(", ").fact("refused", refused).say(" refused");
#if ESB_MQTT_OFFLINE
    const auto& counts = client.statistics();
    if (counts.dropped_out > 0) report.say(", ").fact("dropped", counts.dropped_out).say(" dropped for others");
    if (counts.replaced_out > 0) report.say(", ").fact("replaced", counts.replaced_out).say(" replaced by newer ones");
#endif
#if ESB_MQTT_KEEP
    const auto& writes = client.statistics();
    if (writes.kept_writes > 0) report.label("writes of kept ones").fact("kept_writes", writes.kept_writes);
    if (writes.kept_failures > 0) report.say(", ").fact("kept_failures", writes.kept_failures).say(" of them failed");
#endif
}

Status show_connection(MqttCommands& rooms, Arguments, Report& report) {
    const auto& settings = rooms.settings;
    report.label("server");
    if (settings.text(names::mqtt_host).empty()) {
        report.say("not set");
    } else {
        report.fact("host", settings.text(names::mqtt_host)).say(":").fact("port", settings.integer(names::mqtt_port));
    }
    report.line("ident", settings.text(names::mqtt_ident));
    report.label("base topic").fact("base", rooms.link.base().view());
    const bool has_key = !settings.bytes(names::mqtt_psk).empty();
    report.label("psk").say(has_key ? "set (never shown)" : "not set").data("psk", has_key);
    report.line("state", state_name(rooms.link.client().state())).data("online", rooms.snapshot.read().online);
    if (const auto& end = rooms.link.last_end()) {
        report.label("last end").fact("last_end", end->name());
        if constexpr (with_log_words) report.say(": ").say(end->text());
    }
    show_publishes(rooms, report);
    if (!rooms.link.connected()) return {};
    const auto& account = rooms.link.account();
    report.label("connected to").fact("used_host", account.host.view()).say(":").fact("used_port", account.port);
    if constexpr (with_mqtt5) report.line("version", rooms.link.client().speaks_five() ? "5.0" : "3.1.1");
    report.label("suite").fact("suite", rooms.link.suite()).say(rooms.link.resumed() ? ", session resumed" : "");
    report.data("resumed", rooms.link.resumed());
    if (const auto& took = rooms.link.opening_took()) report.label("opened in").fact("opened_ms", took->count()).say(" ms");
    if (const auto time = rooms.presence.last_round_trip()) {
        report.label("echo").fact("echo_ms", time->count()).say(" ms");
    }
    return {};
}

Status set_server(MqttCommands& rooms, Arguments arguments, Report& report) {
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    if (arguments[0].empty()) return fail(errors::setting_length);
    ESB_TRY(patch.set(names::mqtt_host, arguments[0]));
    if (arguments.size() > 1) {
        ESB_TRY(patch.set(names::mqtt_port, arguments[1]));
    } else if (!settings::split_host(arguments[0], settings::HostOf::broker)->port) {  // the patch took it
        ESB_TRY(patch.unset(names::mqtt_port));
    }
    return rooms.config.change(patch, report);
}

Status set_required(MqttCommands& rooms, std::string_view setting, std::string_view value, Report& report) {
    if (value.empty()) return fail(errors::setting_length);
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(patch.set(setting, value));
    return rooms.config.change(patch, report);
}

Status set_ident(MqttCommands& rooms, Arguments arguments, Report& report) {
    return set_required(rooms, names::mqtt_ident, arguments[0], report);
}

Status set_key(MqttCommands& rooms, Arguments arguments, Report& report) {
    return set_required(rooms, names::mqtt_psk, arguments[0], report);
}

}  // namespace

std::string_view state_name(mqtt::Client::State state) {
    constexpr std::string_view texts[] = {"stopped", "waiting to try again", "opening", "connecting", "connected",
                                          "closing"};
    return texts[static_cast<std::size_t>(state)];
}

std::span<const console::TableCommand> MqttCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"mqtt info", "", "broker, identity and connection", on_rooms<show_connection>},
        {"mqtt server", "<host> [<port>]", "set the broker", on_rooms<set_server>},
        {"mqtt ident", "<id>", "set the identity at the broker", on_rooms<set_ident>},
        {"mqtt psk", "<hex>", "set the pre-shared key, 32 to 64 hex digits", on_rooms<set_key>, {.secret_from = 0}},
    };
    return table;
}

}  // namespace esb
