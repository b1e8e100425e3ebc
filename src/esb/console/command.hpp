// What a command is: its words, its help and the function that runs it.
#pragma once

#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/console/report.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::console {

// The arguments after the command's own words.
using Arguments = std::span<const std::string_view>;

struct Traits {                                  // what a command is for, and when it runs
    static constexpr std::uint8_t never = 0xFF;  // no word is one
    std::uint8_t secret_from = never;  // arguments from this one on are secrets, unless the vocabulary knows better
    bool while_locked = false;         // usable before `unlock`
};

// `usage` is help and completion data in one: a word is literal (`yes`), a choice (`<on|off>`) or a kind (`<setting>`)
// whose words the vocabulary knows; [brackets] mark what may be left out, a last word that ends in ... repeats. How many
// arguments there may be follows from it.
template <typename Run>
struct BasicCommand {
    std::string_view name;   // one or two words of [a-z0-9-]: "wifi connect"
    std::string_view usage;  // "<ssid> [<pass>]"
    std::string_view help;   // one line
    // Writes what it has to say into the report; an error becomes the one line that tells it.
    Run run;
    Traits traits = {};
};

// An author's command.
using Command = BasicCommand<Function<Status(Arguments, Report&)>>;
// One of a constant table, which needs no memory on a chip; `context` is what was given with the table.
using TableCommand = BasicCommand<Status (*)(void* context, Arguments, Report&)>;

// A command without its function.
struct Syntax {
    std::string_view name, usage, help;  // "pump run"; "<seconds>", also for completion; one line
    Traits traits;                       // none for most

    std::string_view first_word() const { return name.substr(0, name.find(' ')); }  // of the name
    std::string_view second_word() const {  // of the name; empty when it has one
        const auto space = name.find(' ');
        return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
    }
    std::size_t words() const { return second_word().empty() ? 1 : 2; }  // of the name
    // How many arguments the usage asks for, and allows: words_max when its last word repeats.
    std::size_t least() const;
    std::size_t most() const;
    // How many words `line` begins with that make this name; 0 when they do not.
    std::size_t matches(Arguments line) const;
    // The part of the usage that tells of argument `index`, without its brackets; empty when there is none.
    std::string_view argument(std::size_t index) const;
};

// What the console's owner knows of words that the usage only names by their kind: "<setting>" has the kind "setting".
class Vocabulary {
public:
    virtual ~Vocabulary() = default;
    // The words of a kind, one after the other; empty behind the last one.
    virtual std::string_view word(std::string_view kind, std::size_t index) const = 0;
    // True when what follows this word (the value of this setting) is no secret.
    virtual bool is_public(std::string_view kind, std::string_view word) const = 0;
};

}  // namespace esb::console
