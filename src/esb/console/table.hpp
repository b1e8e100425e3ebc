// The one table of all commands: the base's constant ones and the author's.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/console/command.hpp"

#include <optional>

namespace esb::console {

class CommandTable {
public:
    static constexpr std::size_t max_tables = 10 + (with_ethernet ? 1 : 0) + (with_wifi_enterprise ? 1 : 0);
    static constexpr std::size_t max_added = 16;  // commands that are not in a constant table

    // Both take the command's views for as long as the table lives. `full`, or invalid_argument for a name that is
    // taken or is not one or two words of [a-z0-9-], and for a usage in which something needed stands behind what may be
    // left out; nothing is added then.
    Status add(std::span<const TableCommand> commands, void* context);
    Status add(const Command& command);

    std::size_t size() const;
    Syntax at(std::size_t index) const;
    // The command with the most words that the line begins with.
    std::optional<std::size_t> find(Arguments line) const;
    Status run(std::size_t index, Arguments arguments, Report& report) const;

    // True when an argument from `first` to the last one is a secret. `arguments` are those of command `index`.
    static bool is_secret(const Syntax& syntax, Arguments arguments, std::size_t which, const Vocabulary* vocabulary);
    // Where in an unfinished line the first secret begins; its size when there is none.
    std::size_t secret_at(std::string_view line, const Vocabulary* vocabulary) const;

private:
    struct Table {
        std::span<const TableCommand> commands;
        void* context = nullptr;
    };
    bool acceptable(const Syntax& syntax) const;

    FixedVector<Table, max_tables> tables_;
    FixedVector<Command, max_added> added_;
};

}  // namespace esb::console
