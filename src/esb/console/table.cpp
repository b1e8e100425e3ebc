#include "esb/console/table.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/secret.hpp"
#include "esb/console/split.hpp"

#include <algorithm>
#include <array>

namespace esb::console {
namespace {

bool is_word(std::string_view word) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !word.empty() && std::all_of(word.begin(), word.end(), allowed);
}

// Calls take(word) for each word of a usage.
template <typename Take>
void each_word(std::string_view usage, Take take) {
    while (!usage.empty()) {
        const auto size = std::min(usage.find(' '), usage.size());
        take(usage.substr(0, size));
        usage.remove_prefix(std::min(size + 1, usage.size()));
    }
}

bool is_optional(std::string_view word) { return word.starts_with('['); }
bool repeats(std::string_view word) { return word.ends_with("...") || word.ends_with("...]"); }

// Words of one blank between them; what may be left out stands behind what may not.
bool is_usage(std::string_view usage) {
    bool sound = true;
    bool optional = false;
    bool repeated = false;
    each_word(usage, [&](std::string_view word) {
        sound = sound && !word.empty() && !repeated && is_optional(word) == word.ends_with(']') &&
                (!optional || is_optional(word));
        optional = is_optional(word);
        repeated = repeats(word);
    });
    return sound && !usage.ends_with(' ');
}

bool is_name(const Syntax& syntax) {
    const bool two = syntax.name.find(' ') != std::string_view::npos;
    return is_word(syntax.first_word()) && (!two || is_word(syntax.second_word()));
}

template <typename Run>
Syntax syntax_of(const BasicCommand<Run>& command) {
    return {command.name, command.usage, command.help, command.traits};
}

}  // namespace

std::size_t Syntax::matches(Arguments line) const {
    if (line.empty() || line[0] != first_word()) return 0;
    if (words() == 1) return 1;
    return line.size() > 1 && line[1] == second_word() ? 2 : 0;
}

std::size_t Syntax::least() const {
    std::size_t count = 0;
    each_word(usage, [&count](std::string_view word) { count += is_optional(word) ? 0 : 1; });
    return count;
}

std::size_t Syntax::most() const {
    std::size_t count = 0;
    bool more = false;
    each_word(usage, [&](std::string_view word) {
        ++count;
        more = repeats(word);
    });
    return more ? words_max - words() : count;
}

std::string_view Syntax::argument(std::size_t index) const {
    std::string_view rest = usage;
    std::string_view word;
    for (std::size_t i = 0; i <= index; ++i) {
        if (rest.empty()) {
            if (!repeats(word)) return {};
            break;
        }
        const auto space = std::min(rest.find(' '), rest.size());
        word = rest.substr(0, space);
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    if (word.starts_with('[')) word.remove_prefix(1);
    if (word.ends_with(']')) word.remove_suffix(1);
    if (word.ends_with("...")) word.remove_suffix(3);
    return word;
}

bool CommandTable::acceptable(const Syntax& syntax) const {
    if (!is_name(syntax) || !is_usage(syntax.usage)) return false;
    for (std::size_t i = 0; i < size(); ++i) {
        if (at(i).name == syntax.name) return false;
    }
    return true;
}

Status CommandTable::add(std::span<const TableCommand> commands, void* context) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
        const auto& one = commands[i];
        const auto same_name = [&](const TableCommand& other) { return other.name == one.name; };
        const auto before = commands.first(i);
        const bool twice = std::any_of(before.begin(), before.end(), same_name);
        if (twice || one.run == nullptr || !acceptable(syntax_of(one))) return fail(errors::invalid_argument);
    }
    return tables_.push_back({commands, context});
}

Status CommandTable::add(const Command& command) {
    if (!command.run || !acceptable(syntax_of(command))) return fail(errors::invalid_argument);
    return added_.push_back(command);
}

std::size_t CommandTable::size() const {
    std::size_t total = added_.size();
    for (const auto& table : tables_) total += table.commands.size();
    return total;
}

Syntax CommandTable::at(std::size_t index) const {
    for (const auto& table : tables_) {
        if (index < table.commands.size()) return syntax_of(table.commands[index]);
        index -= table.commands.size();
    }
    return syntax_of(added_[index]);
}

Status CommandTable::run(std::size_t index, Arguments arguments, Report& report) const {
    for (const auto& table : tables_) {
        if (index < table.commands.size()) return table.commands[index].run(table.context, arguments, report);
        index -= table.commands.size();
    }
    return added_[index].run(arguments, report);
}

std::optional<std::size_t> CommandTable::find(Arguments line) const {
    std::optional<std::size_t> best;
    std::size_t most = 0;
    for (std::size_t i = 0; i < size(); ++i) {
        const auto matched = at(i).matches(line);
        if (matched <= most) continue;
        most = matched;
        best = i;
    }
    return best;
}

bool CommandTable::is_secret(const Syntax& syntax, Arguments arguments, std::size_t which,
                             const Vocabulary* vocabulary) {
    const std::size_t first = syntax.traits.secret_from;
    if (which < first) return false;
    if (vocabulary == nullptr || first == 0 || first > arguments.size()) return true;
    auto kind = syntax.argument(first - 1);
    if (!kind.starts_with('<') || !kind.ends_with('>')) return true;
    kind = kind.substr(1, kind.size() - 2);
    return !vocabulary->is_public(kind, arguments[first - 1]);
}

std::size_t CommandTable::secret_at(std::string_view line, const Vocabulary* vocabulary) const {
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    std::size_t used = 0;
    std::size_t count = 0;
    std::size_t secret = line.size();
    // Word by word, for the last one may be anything yet.
    for (WordStarts starts(line); count < words.size() && starts.next();) {
        const auto found = find(Arguments(words).first(count));
        if (found) {
            const auto syntax = at(*found);
            const auto arguments = Arguments(words).first(count).subspan(syntax.matches(Arguments(words).first(count)));
            if (is_secret(syntax, arguments, arguments.size(), vocabulary)) {
                secret = starts.begin();
                break;
            }
        }
        const auto raw = starts.word();
        if (!split(raw, std::span(storage).subspan(used), std::span(words).subspan(count, 1))) break;
        used += raw.size();
        ++count;
    }
    wipe(as_writable_bytes(storage));
    return secret;
}

}  // namespace esb::console
