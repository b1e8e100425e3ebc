// The enumerator itself: what it visits, and that it catches the mistakes it was made for.
#include "host/vchip/cut_enumerator.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes read(Flash& flash, std::size_t offset, std::size_t size) {
    Bytes bytes(size);
    static_cast<void>(flash.read(offset, bytes));
    return bytes;
}

// A value of 4 bytes, "old" in unit 0 before the scenario replaces it.
CutScenario replacing(std::function<void(Flash&)> replace) {
    return {.prepare =
                [] {
                    MemoryStore store(4 * erase_unit);
                    Flash flash(store);
                    static_cast<void>(flash.program(0, as_bytes("old.")));
                    return store;
                },
            .run = std::move(replace),
            .check =
                [](Flash& flash) {
                    const auto value = read(flash, 0, 4);
                    if (as_text(value) == "old." || as_text(value) == "new.") return Verdict();
                    return Verdict("neither old nor new");
                }};
}

void replace_in_place(Flash& flash) {
    if (flash.erase(0, erase_unit)) static_cast<void>(flash.program(0, as_bytes("new.")));
}

TEST(CutEnumerator, visits_every_operation_in_every_way) {
    std::vector<std::uint64_t> operations;
    const CutScenario scenario{.prepare = [] { return MemoryStore(4 * erase_unit); },
                               .run =
                                   [&](Flash& flash) {
                                       static_cast<void>(flash.erase(0, 2 * erase_unit));
                                       static_cast<void>(flash.program(0, Bytes(4)));
                                       operations.push_back(flash.operations());
                                   },
                               .check =
                                   [](Flash& flash) {
                                       static_cast<void>(flash.erase(0, erase_unit));
                                       static_cast<void>(flash.program(0, Bytes(4)));
                                       return Verdict();
                                   }};
    const auto report = enumerate_cuts(scenario, {.seeds = 3, .second_seeds = 2});
    EXPECT_EQ(report.operations, 3U);
    EXPECT_EQ(report.cuts, 3U * (2 + 4 * 3));
    EXPECT_EQ(report.second_cuts, report.cuts * 2 * (2 + 4 * 2));
    EXPECT_TRUE(report.passed());
    EXPECT_EQ(operations.size(), 1 + report.cuts);
    EXPECT_EQ(std::count(operations.begin(), operations.end(), 2U), 14) << "no operation after the cut counts";
    EXPECT_EQ(report.text(), "3 operations, 42 cuts, 840 second cuts, 0 failures");
}

TEST(CutEnumerator, catches_a_value_that_is_replaced_in_place) {
    const auto scenario = replacing(replace_in_place);
    const auto report = enumerate_cuts(scenario);
    ASSERT_FALSE(report.passed());
    // The first line replays, and a passing case replays as passing.
    const auto& line = report.failures.front();
    EXPECT_EQ(replay_cut(scenario, line.substr(0, line.find(' '))).value(), "neither old nor new");
    EXPECT_EQ(replay_cut(scenario, "1:before").value(), "");
    EXPECT_NE(report.text().find("replay " + line), std::string::npos);
}

TEST(CutEnumerator, catches_a_mistake_that_only_a_second_cut_shows) {
    // Writes the new value to a spare unit first; recovery copies it home in place, but erases the spare too early.
    auto scenario = replacing([](Flash& flash) {
        if (!flash.program(erase_unit, as_bytes("new."))) return;
        if (!flash.program(2 * erase_unit, Bytes(4, 0))) return;  // from here on the spare counts
    });
    const auto final_check = scenario.check;
    scenario.check = [final_check](Flash& flash) {
        if (read(flash, 2 * erase_unit, 4) != Bytes(4, 0)) return final_check(flash);
        static_cast<void>(flash.erase(2 * erase_unit, erase_unit));  // too early
        replace_in_place(flash);
        return final_check(flash);
    };
    EXPECT_TRUE(enumerate_cuts(scenario, {.seeds = 1}).passed());
    const auto report = enumerate_cuts(scenario, {.seeds = 1, .second_seeds = 1});
    ASSERT_FALSE(report.passed());
    const auto& line = report.failures.front();
    const auto replay = line.substr(0, line.find(' '));
    EXPECT_NE(replay.find('/'), std::string::npos);
    EXPECT_FALSE(replay_cut(scenario, replay).value().empty());
}

TEST(CutEnumerator, judges_the_scenario_without_cuts_too) {
    auto scenario = replacing([](Flash& flash) { static_cast<void>(flash.program(0, Bytes(4, 0))); });
    const auto report = enumerate_cuts(scenario, {.max_failures = 1});
    ASSERT_EQ(report.failures.size(), 1U);
    EXPECT_TRUE(report.failures.front().starts_with("0  "));
}

TEST(CutEnumerator, stops_at_its_limit_of_failures) {
    const auto report = enumerate_cuts(replacing(replace_in_place), {.seeds = 50, .max_failures = 3});
    EXPECT_EQ(report.failures.size(), 3U);
}

TEST(CutEnumerator, refuses_unreadable_replays) {
    const auto scenario = replacing(replace_in_place);
    EXPECT_EQ(replay_cut(scenario, "x").error(), errors::fault_syntax);
    EXPECT_EQ(replay_cut(scenario, "1:before/").error(), errors::fault_syntax);
}

}  // namespace
}  // namespace esb::vchip
