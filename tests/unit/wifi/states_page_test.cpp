// docs/wifi-states.md is made from the tables; this is who makes it. ESB_WRITE_DOCS=1 in the environment writes it.
#include "esb/wifi/states.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

namespace esb::wifi {
namespace {

constexpr auto page_path = ESB_DOCS "/wifi-states.md";

constexpr auto introduction = R"(# States of the Wi-Fi supervisor

Made from the tables in `src/esb/wifi/states.cpp` by a test; `ESB_WRITE_DOCS=1 build/dev/tests/unit_wifi` writes it anew.
The machines move along these rows only. An event that has no row in a state changes nothing there. Every row has a test
of its own (`tests/unit/wifi/rows_test.cpp`), and a model test runs both machines through random faults
(`tests/unit/wifi/model_test.cpp`). Times and choices are in `src/esb/wifi/policy.hpp`.

)";

// Mermaid's identifiers: letters only.
std::string identifier(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c >= 'a' && c <= 'z') made += c;
    }
    return made;
}

template <typename S, typename E>
std::string section(std::string_view title, std::span<const Row<S, E>> rows, S first) {
    std::set<S> states;
    std::set<E> events;
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

std::string page() {
    return introduction + section("The link", link_rows(), State::off) + "\n" +
           section("The portal", portal_rows(), PortalState::closed);
}

TEST(WifiStates, the_page_says_what_the_tables_say) {
    if (std::getenv("ESB_WRITE_DOCS") != nullptr) std::ofstream(page_path) << page();
    std::ifstream file(page_path);
    std::ostringstream committed;
    committed << file.rdbuf();
    EXPECT_EQ(committed.str(), page()) << "ESB_WRITE_DOCS=1 build/dev/tests/unit_wifi writes it anew";
}

// Every state can be entered and left, so that none is a trap.
template <typename S, typename E>
void expect_no_trap(std::span<const Row<S, E>> rows, S first) {
    std::set<S> entered{first};
    std::set<S> left;
    for (const auto& row : rows) {
        if (row.from == row.to) continue;
        entered.insert(row.to);
        left.insert(row.from);
    }
    EXPECT_EQ(entered, left);
}

TEST(WifiStates, no_state_is_a_trap) {
    expect_no_trap(link_rows(), State::off);
    expect_no_trap(portal_rows(), PortalState::closed);
}

}  // namespace
}  // namespace esb::wifi
