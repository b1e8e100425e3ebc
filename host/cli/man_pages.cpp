#include "host/cli/man_pages.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

// A minus is one that can be copied; nothing is taken for a request.
std::string roff(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '\\') {
            made += "\\e";
        } else if (c == '-') {
            made += "\\-";
        } else if (c == '~') {
            made += "\\(ti";
        } else {
            made += c;
        }
    }
    return made.starts_with('.') || made.starts_with('\'') ? "\\&" + made : made;
}

std::string title(const std::string& name, std::string_view version) {
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return ".TH \"" + roff(upper) + "\" 1 \"\" \"esb " + std::string(version) + "\" \"ESP32 Secure Base\"\n";
}

std::string item(const std::string& head, const std::string& text) { return ".TP\n" + head + '\n' + roff(text) + '\n'; }

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string value_of(const TableOption& option) {
    if (option.choices.empty()) return option.value;
    std::string words;
    for (const auto& choice : option.choices) words += (words.empty() ? "" : "|") + choice;
    return words;
}

std::string head_of(const TableOption& option) {
    if (option.positional) return italic(option.names.front());
    std::string head;
    for (const auto& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
    return option.value.empty() ? head : head + ' ' + italic(value_of(option));
}

std::string help_of(const TableOption& option) {
    std::string text = option.help;
    if (option.positional && !option.choices.empty()) text += ": " + value_of(option);
    if (!option.fallback.empty()) text += " (default: " + option.fallback + ')';
    if (!option.variable.empty()) text += "; variable " + option.variable;
    return text;
}

std::string synopsis(const std::string& path, const TableCommand& command) {
    std::string line = ".B " + roff(path) + "\n";
    const bool has_options = std::any_of(command.options.begin(), command.options.end(), [](const TableOption& option) {
        return !option.positional && option.names.front() != "--help";
    });
    if (has_options) line += "[" + italic("OPTION") + "]...\n";
    for (const auto& option : command.options) {
        if (!option.positional) continue;
        const auto name = italic(option.names.front());
        line += option.required ? name + '\n' : '[' + name + "]\n";
    }
    if (!command.commands.empty()) line += italic("COMMAND") + "\n";
    return line;
}

std::string options_of(const TableCommand& command) {
    std::string text;
    for (const auto& option : command.options) text += item(head_of(option), help_of(option));
    return text;
}

std::string ends() {
    return ".SH \"EXIT STATUS\"\n" + item(bold("0"), "done") +
           item(bold("1"), "it failed; one line on standard error says why") +
           item(bold("2"), "the command line is wrong");
}

ManPage overview(const TableCommand& esb, std::string_view version) {
    auto text = title("esb", version) + ".SH NAME\nesb \\- " + roff(esb.help) + "\n.SH SYNOPSIS\n" +
                synopsis("esb", esb) + ".SH OPTIONS\n" + options_of(esb) + ".SH COMMANDS\n";
    for (const auto& command : esb.commands) text += item(bold("esb-" + command.name) + "(1)", command.help);
    text += ends() + ".SH ENVIRONMENT\n";
    for (const auto& variable : variables()) text += item(bold(variable.name), std::string(variable.help));
    text += "Options that have a variable say so.\n.SH FILES\n" +
            item(italic("~/.config/esb/config.toml"), "the broker, where nothing else says it") +
            item(italic("~/.config/esb/brokers"), "which folders belong to which addresses");
    return {"esb.1", text};
}

void add_commands(const std::string& path, const TableCommand& command, std::string& text) {
    for (const auto& sub : command.commands) {
        const auto name = path + ' ' + sub.name;
        text +=
            ".SS \"" + roff(name) + "\"\n" + synopsis(name, sub) + ".PP\n" + roff(sub.help) + "\n" + options_of(sub);
        add_commands(name, sub, text);
    }
}

ManPage page(const TableCommand& command, std::string_view version) {
    const auto name = "esb-" + command.name;
    const auto path = "esb " + command.name;
    auto text = title(name, version) + ".SH NAME\n" + roff(name) + " \\- " + roff(command.help) + "\n.SH SYNOPSIS\n" +
                synopsis(path, command) + ".SH OPTIONS\n" + options_of(command);
    if (!command.commands.empty()) {
        text += ".SH COMMANDS\n";
        add_commands(path, command, text);
    }
    text += ends() + ".SH \"SEE ALSO\"\n.BR esb (1)\n";
    return {name + ".1", text};
}

}  // namespace

std::vector<ManPage> man_pages(const TableCommand& esb, std::string_view version) {
    std::vector<ManPage> pages{overview(esb, version)};
    for (const auto& command : esb.commands) pages.push_back(page(command, version));
    return pages;
}

}  // namespace esb::cli
