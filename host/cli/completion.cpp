#include "host/cli/completion.hpp"

#include <functional>

namespace esb::cli {
namespace {

using Visit = std::function<void(const std::string& path, const TableCommand& command)>;

void walk(const TableCommand& command, const std::string& path, const Visit& visit) {
    visit(path, command);
    for (const auto& sub : command.commands) walk(sub, path + ' ' + sub.name, visit);
}

// In single quotes, for all three shells.
std::string shell_quoted(std::string_view text) {
    std::string made = "'";
    for (const char c : text) {
        if (c == '\'') {
            made += "'\\''";
        } else {
            made += c;
        }
    }
    return made + '\'';
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string made;
    for (const auto& word : words) {
        if (!made.empty()) made += between;
        made += word;
    }
    return made;
}

std::vector<std::string> command_paths(const TableCommand& esb) {
    std::vector<std::string> paths;
    walk(esb, esb.name, [&](const std::string& path, const TableCommand& command) {
        if (&command != &esb) paths.push_back(shell_quoted(path));
    });
    return paths;
}

// Options that take a value, each behind its command: those with choices one by one, the others together.
struct Values {
    std::vector<std::pair<std::string, std::vector<std::string>>> chosen;  // patterns, choices
    std::vector<std::string> free;
};
Values values_of(const TableCommand& esb) {
    Values values;
    walk(esb, esb.name, [&](const std::string& path, const TableCommand& command) {
        for (const auto& option : command.options) {
            if (option.positional || option.value.empty()) continue;
            std::vector<std::string> patterns;
            for (const auto& name : option.names) patterns.push_back(shell_quoted(path + ' ' + name));
            if (option.choices.empty()) {
                values.free.insert(values.free.end(), patterns.begin(), patterns.end());
            } else {
                values.chosen.emplace_back(joined(patterns, "|"), option.choices);
            }
        }
    });
    return values;
}

std::vector<std::string> option_names(const TableCommand& command) {
    std::vector<std::string> names;
    for (const auto& option : command.options) {
        if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return names;
}

// What may stand in place of a command or a word: commands, and the choices of positionals.
std::vector<std::string> plain_words(const TableCommand& command) {
    std::vector<std::string> words;
    for (const auto& sub : command.commands) words.push_back(sub.name);
    for (const auto& option : command.options) {
        if (option.positional) words.insert(words.end(), option.choices.begin(), option.choices.end());
    }
    return words;
}

// zsh's _describe splits at the first colon.
std::string described(std::string_view name, std::string_view help) {
    return shell_quoted(std::string(name) + ':' + std::string(help));
}

}  // namespace

std::string bash_completion(const TableCommand& esb) {
    const auto values = values_of(esb);
    std::string text =
        "# bash completion of esb; made by: esb completion bash\n"
        "_esb() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} path=esb words= options= i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$path ${COMP_WORDS[i]}\" in\n"
        "            " +
        joined(command_paths(esb), "|") +
        ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
        "        esac\n"
        "    done\n"
        "    case \"$path ${COMP_WORDS[COMP_CWORD - 1]}\" in\n";
    for (const auto& [patterns, choices] : values.chosen) {
        text += "        " + patterns + ") COMPREPLY=($(compgen -W " + shell_quoted(joined(choices, " ")) +
                " -- \"$word\")); return ;;\n";
    }
    text += "        " + joined(values.free, "|") + ") return ;;\n    esac\n    case \"$path\" in\n";
    walk(esb, esb.name, [&](const std::string& path, const TableCommand& command) {
        text += "        " + shell_quoted(path) + ") words=" + shell_quoted(joined(plain_words(command), " ")) +
                " options=" + shell_quoted(joined(option_names(command), " ")) + " ;;\n";
    });
    return text +
           "    esac\n"
           "    [[ $word == -* ]] && words=$options\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o default -F _esb esb\n";
}

std::string zsh_completion(const TableCommand& esb) {
    const auto values = values_of(esb);
    std::string text =
        "#compdef esb\n"
        "# zsh completion of esb; made by: esb completion zsh\n"
        "_esb() {\n"
        "    local at=esb i\n"
        "    local -a commands options\n"
        "    for ((i = 2; i < CURRENT; i++)); do\n"
        "        case \"$at $words[i]\" in\n"
        "            (" +
        joined(command_paths(esb), "|") +
        ") at=\"$at $words[i]\" ;;\n"
        "        esac\n"
        "    done\n"
        "    case \"$at $words[CURRENT-1]\" in\n";
    for (const auto& [patterns, choices] : values.chosen)
        text += "        (" + patterns + ") compadd -- " + joined(choices, " ") + "; return ;;\n";
    text += "        (" + joined(values.free, "|") + ") _files; return ;;\n    esac\n    case \"$at\" in\n";
    walk(esb, esb.name, [&](const std::string& path, const TableCommand& command) {
        text += "        (" + shell_quoted(path) + ")\n            commands=(";
        for (const auto& sub : command.commands) text += ' ' + described(sub.name, sub.help);
        for (const auto& option : command.options) {
            if (!option.positional) continue;
            for (const auto& choice : option.choices) text += ' ' + described(choice, option.help);
        }
        text += " )\n            options=(";
        for (const auto& option : command.options) {
            if (option.positional) continue;
            for (const auto& name : option.names) text += ' ' + described(name, option.help);
        }
        text += " ) ;;\n";
    });
    return text +
           "    esac\n"
           "    if [[ $words[CURRENT] == -* ]]; then\n"
           "        _describe option options\n"
           "    elif (( $#commands )); then\n"
           "        _describe command commands\n"
           "    else\n"
           "        _files\n"
           "    fi\n"
           "}\n"
           "if [[ $funcstack[1] == _esb ]]; then _esb \"$@\"; else compdef _esb esb; fi\n";
}

std::string fish_completion(const TableCommand& esb) {
    std::string text =
        "# fish completion of esb; made by: esb completion fish\n"
        "function __esb_at\n"
        "    set -l at esb\n"
        "    for word in (commandline -opc)[2..-1]\n"
        "        switch \"$at $word\"\n"
        "            case " +
        joined(command_paths(esb), " ") +
        "\n"
        "                set at \"$at $word\"\n"
        "        end\n"
        "    end\n"
        "    test \"$at\" = \"$argv\"\n"
        "end\n";
    walk(esb, esb.name, [&](const std::string& path, const TableCommand& command) {
        const auto here = "complete -c esb -n " + shell_quoted("__esb_at " + path);
        for (const auto& sub : command.commands)
            text += here + " -f -a " + sub.name + " -d " + shell_quoted(sub.help) + '\n';
        for (const auto& option : command.options) {
            if (option.positional) {
                if (!option.choices.empty())
                    text += here + " -f -a " + shell_quoted(joined(option.choices, " ")) + '\n';
                continue;
            }
            text += here;
            for (const auto& name : option.names)
                text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!option.choices.empty()) {
                text += " -x -a " + shell_quoted(joined(option.choices, " "));
            } else if (!option.value.empty()) {
                text += " -r";
            }
            text += " -d " + shell_quoted(option.help) + '\n';
        }
    });
    return text;
}

}  // namespace esb::cli
