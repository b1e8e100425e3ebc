#include "host/cli/command_table.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace esb::cli {
namespace {

// "{psk,ca,both}" behind the type, as CLI::IsMember says it.
std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> choices;
    const auto begin = type.find('{');
    const auto end = type.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return choices;
    for (std::size_t at = begin + 1; at < end;) {
        const auto stop = std::min(type.find(',', at), end);
        choices.push_back(type.substr(at, stop - at));
        at = stop + 1;
    }
    return choices;
}

TableOption row(const CLI::Option& option) {
    TableOption made;
    made.positional = !option.nonpositional();
    for (const auto& name : option.get_lnames()) made.names.push_back("--" + name);
    for (const auto& name : option.get_snames()) made.names.push_back("-" + name);
    if (made.positional) made.names.push_back(option.get_name(true));
    const auto type = option.get_type_name();
    made.choices = choices_in(type);
    if (option.get_items_expected_max() > 0) made.value = type.substr(0, type.find_first_of(":{"));
    if (made.value.empty() && option.get_items_expected_max() > 0) made.value = "TEXT";
    made.help = option.get_description();
    made.fallback = option.get_default_str();
    made.variable = option.get_envname();
    made.required = option.get_required();
    return made;
}

}  // namespace

TableCommand command_table(const CLI::App& app) {
    TableCommand made;
    made.name = app.get_name();
    made.help = app.get_description();
    for (const auto* option : app.get_options()) made.options.push_back(row(*option));
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        auto below = command_table(*command);
        if (!below.name.empty()) {
            made.commands.push_back(std::move(below));
        } else {  // a group of options
            std::move(below.options.begin(), below.options.end(), std::back_inserter(made.options));
        }
    }
    return made;
}

const std::vector<Variable>& variables() {
    static const std::vector<Variable> all{
        {"ESB_BASE", "folder of ESP32 Secure Base for projects, where it is neither installed nor a part of them"},
        {"ESB_CONFIG", "the configuration file instead of ~/.config/esb/config.toml"},
        {"ESB_MOSQUITTO", "the mosquitto that esb run starts, where it is not in PATH"},
        {"ESB_NGINX", "the nginx that esb run starts, where it is not in PATH"},
        {"ESB_PASSWORD", "the password for the broker, instead of a file"},
        {"ESB_PSK", "the pre-shared key for the broker, instead of a file"},
        {"NO_COLOR", "anything but empty: no colours"},
        {"SOURCE_DATE_EPOCH",
         "seconds since 1970 that esb sign --expires +30d counts from, for the same bytes each time"},
        {"XDG_CONFIG_HOME", "instead of ~/.config"},
    };
    return all;
}

}  // namespace esb::cli
