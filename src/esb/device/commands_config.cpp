// config ...
#include "esb/device/console_password.hpp"
#include "esb/device/core.hpp"
#include "esb/device/shell.hpp"

#include <array>

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;
using settings::Setting;
using settings::Type;

// "name = value"; in JSON with the value's own type.
Status show_setting(Core& core, const Setting& setting, Report& report) {
    const auto& store = core.settings();
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

Status list_settings(Core& core, Arguments arguments, Report& report) {
    const auto begin = arguments.empty() ? std::string_view() : arguments[0];
    return report.list("settings", core.schema().size(), [&](std::size_t i) {
        const auto& setting = core.schema().at(i);
        if (!setting.name.starts_with(begin)) return Status();
        report.item();
        return show_setting(core, setting, report);
    });
}

Status get_setting(Core& core, Arguments arguments, Report& report) {
    const auto* setting = core.schema().find(arguments[0]);
    if (setting == nullptr) return fail(errors::setting_unknown);
    return show_setting(core, *setting, report);
}

Status set_setting(Core& core, Arguments arguments, Report& report) {
    if (arguments[0] == settings::names::console_password) return set_password(core, arguments[1], report);
    settings::Patch patch(core.schema(), settings::Origin::console);
    ESB_TRY(patch.set(arguments[0], arguments[1]));
    return change(core, patch, report);
}

Status unset_setting(Core& core, Arguments arguments, Report& report) {
    settings::Patch patch(core.schema(), settings::Origin::console);
    ESB_TRY(patch.unset(arguments[0]));
    return change(core, patch, report);
}

Status keep_trial(Core& core, Arguments, Report& report) {
    ESB_TRY(core.config().keep());
    report.say("ok");
    return {};
}

Status end_trial(Core& core, Arguments, Report& report) {
    ESB_TRY(core.config().revert());
    report.say("ok");
    return {};
}

}  // namespace

Status change(Core& core, const settings::Patch& patch, Report& report) {
    ESB_TRY(core.config().propose(patch));
    const bool trial = core.config().waits_for() != settings::Stage::none;
    report.say("ok").say(trial ? ", on trial" : "").data("on_trial", trial);
    return {};
}

Status set_password(Core& core, std::string_view password, Report& report) {
    settings::Patch patch(core.schema(), settings::Origin::console);
    ESB_TRY(put_console_password(patch, password, core.chip().entropy));
    return change(core, patch, report);
}

std::span<const console::TableCommand> config() {
    static constexpr console::TableCommand table[] = {
        {"config list", "[<setting>]", "every setting, or those that begin so", 0, 1, on_core<list_settings>},
        {"config get", "<setting>", "one setting", 1, 1, on_core<get_setting>},
        {"config set", "<setting> <value>", "change one setting", 2, 2, on_core<set_setting>, {.secret_from = 1}},
        {"config unset", "<setting>", "back to its default", 1, 1, on_core<unset_setting>},
        {"config commit", "", "keep the change that is on trial", 0, 0, on_core<keep_trial>},
        {"config revert", "", "take back the change that is on trial", 0, 0, on_core<end_trial>},
    };
    return table;
}

}  // namespace esb::commands
