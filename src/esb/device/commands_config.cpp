// config ...
#include "esb/device/commands.hpp"

#include "esb/console/console_password.hpp"

#include <array>

namespace esb {
namespace {

using console::Arguments;
using console::Report;
using settings::Setting;
using settings::Type;

// "name = value"; in JSON with the value's own type.
Status show_setting(ConfigCommands& rooms, const Setting& setting, Report& report) {
    const auto& store = rooms.settings;
    const bool set = store.is_set(setting.name);
    report.fact("name", setting.name).say(" = ").data("set", set).data("secret", setting.secret);
    if (setting.secret) {
        report.say(set ? "set (never shown)" : "not set");
        return {};
    }
    std::array<char, settings::text_max> text;
    const auto shown = store.show(setting.name, text);
    if (!shown) return fail(shown.error());
    report.say(*shown);
    if (setting.type == Type::boolean) {
        report.data("value", store.boolean(setting.name));
    } else if (setting.type == Type::integer) {
        report.data("value", store.integer(setting.name));
    } else {
        report.data("value", *shown);
    }
    return {};
}

Status list_settings(ConfigCommands& rooms, Arguments arguments, Report& report) {
    const auto begin = arguments.empty() ? std::string_view() : arguments[0];
    return report.list("settings", rooms.schema.size(), [&](std::size_t i) {
        const auto& setting = rooms.schema.at(i);
        if (!setting.name.starts_with(begin)) return Status();
        report.item();
        return show_setting(rooms, setting, report);
    });
}

Status get_setting(ConfigCommands& rooms, Arguments arguments, Report& report) {
    const auto* setting = rooms.schema.find(arguments[0]);
    if (setting == nullptr) return fail(errors::setting_unknown);
    return show_setting(rooms, *setting, report);
}

Status set_setting(ConfigCommands& rooms, Arguments arguments, Report& report) {
    if (arguments[0] == settings::names::console_password) return rooms.set_password(arguments[1], report);
    settings::Patch patch(rooms.schema, settings::Origin::console);
    ESB_TRY(patch.set(arguments[0], arguments[1]));
    return rooms.change(patch, report);
}

Status unset_setting(ConfigCommands& rooms, Arguments arguments, Report& report) {
    settings::Patch patch(rooms.schema, settings::Origin::console);
    ESB_TRY(patch.unset(arguments[0]));
    return rooms.change(patch, report);
}

Status keep_trial(ConfigCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.config.keep());
    report.say("ok");
    return {};
}

Status end_trial(ConfigCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.config.revert());
    report.say("ok");
    return {};
}

}  // namespace

Status ConfigCommands::change(const settings::Patch& patch, console::Report& report) {
    ESB_TRY(config.propose(patch));
    const bool trial = config.waits_for() != settings::Stage::none;
    report.say("ok").say(trial ? ", on trial" : "").data("on_trial", trial);
    return {};
}

Status ConfigCommands::set_password(std::string_view password, console::Report& report) {
    settings::Patch patch(schema, settings::Origin::console);
    ESB_TRY(console::put_console_password(patch, password, entropy));
    return change(patch, report);
}

std::span<const console::TableCommand> ConfigCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"config list", "[<setting>]", "every setting, or those that begin so", on_rooms<list_settings>},
        {"config get", "<setting>", "one setting", on_rooms<get_setting>},
        {"config set", "<setting> <value>", "change one setting", on_rooms<set_setting>, {.secret_from = 1}},
        {"config unset", "<setting>", "back to its default", on_rooms<unset_setting>},
        {"config commit", "", "keep the change that is on trial", on_rooms<keep_trial>},
        {"config revert", "", "take back the change that is on trial", on_rooms<end_trial>},
    };
    return table;
}

}  // namespace esb
