// What may stand next in a line: commands, choices and the vocabulary's words.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/console/table.hpp"

#include <cstddef>
#include <string_view>

namespace esb::console {

class Completion {
public:
    struct Found {
        std::size_t matches = 0;
        // What all of them go on with; with a space behind it when there is only one.
        FixedString<64> text;
    };

    // `locked`: only commands that may be used then.
    Completion(const CommandTable& table, const Vocabulary* vocabulary, bool locked)
        : table_(table), vocabulary_(vocabulary), locked_(locked) {}

    // About the last word of `line`, which may be empty. Nothing is found for a word in quotes.
    Found find(std::string_view line) const;
    // Each word that fits, once.
    void each(std::string_view line, Function<void(std::string_view)> take) const;

private:
    void words_of_commands(Arguments before, std::string_view begin, Function<void(std::string_view)>& take) const;
    void arguments_of(const Syntax& syntax, std::size_t index, std::string_view begin,
                      Function<void(std::string_view)>& take) const;
    bool visible(const Syntax& syntax) const { return !locked_ || syntax.traits.while_locked; }

    const CommandTable& table_;
    const Vocabulary* vocabulary_;
    bool locked_;
};

}  // namespace esb::console
