// The pages of states in docs/ are made from the tables; this is who makes them, and looks whether they are up to date.
// The rows' states and events have a name(), found by their namespace.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace esb::test {

// Mermaid's identifiers: letters only.
inline std::string identifier(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c >= 'a' && c <= 'z') made += c;
    }
    return made;
}

template <typename Row, typename S>
std::string states_section(std::string_view title, std::span<const Row> rows, S first) {
    std::set<S> states;
    std::set<decltype(Row::event)> events;
    std::map<std::pair<S, S>, std::string> arrows;
    std::ostringstream table;
    for (const auto& row : rows) {
        states.insert({row.from, row.to});
        events.insert(row.event);
        auto& label = arrows[{row.from, row.to}];
        label += (label.empty() ? "" : " / ") + std::string(name(row.event));
        table << "| " << name(row.from) << " | " << name(row.event) << " | " << name(row.to) << " | " << row.note
              << " |\n";
    }
    std::ostringstream out;
    out << "## " << title << "\n\n"
        << states.size() << " states, " << events.size() << " events, " << rows.size() << " transitions.\n\n";
    out << "```mermaid\nstateDiagram-v2\n    [*] --> " << identifier(name(first)) << "\n";
    for (const auto state : states) out << "    state \"" << name(state) << "\" as " << identifier(name(state)) << "\n";
    for (const auto& [ends, label] : arrows) {
        out << "    " << identifier(name(ends.first)) << " --> " << identifier(name(ends.second)) << ": " << label
            << "\n";
    }
    out << "```\n\n| state | event | next state | note |\n| --- | --- | --- | --- |\n" << table.str();
    return out.str();
}

// ESB_WRITE_DOCS=1 in the environment writes it.
inline void expect_page(const char* path, const std::string& page, std::string_view program) {
    if (std::getenv("ESB_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
    std::ifstream file(path);
    std::ostringstream committed;
    committed << file.rdbuf();
    EXPECT_EQ(committed.str(), page) << "ESB_WRITE_DOCS=1 build/dev/tests/" << program << " writes it anew";
}

// The states that a row leads to from another one, with the first; and those that a row leads away from.
template <typename Row, typename S>
std::set<S> entered(std::span<const Row> rows, S first) {
    std::set<S> found{first};
    for (const auto& row : rows) {
        if (row.from != row.to) found.insert(row.to);
    }
    return found;
}
template <typename Row>
auto left(std::span<const Row> rows) {
    std::set<decltype(Row::from)> found;
    for (const auto& row : rows) {
        if (row.from != row.to) found.insert(row.from);
    }
    return found;
}

}  // namespace esb::test
