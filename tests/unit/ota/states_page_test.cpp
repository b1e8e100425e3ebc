// docs/update-states.md is made from the table; this is who makes it. ESB_WRITE_DOCS=1 in the environment writes it.
#include "tests/support/states_page.hpp"
#include "esb/ota/states_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::ota {
namespace {

constexpr auto page_path = ESB_DOCS "/update-states.md";

constexpr auto introduction = R"(# States of the update engine

Made from the table in `src/esb/ota/states_text.hpp` by a test; `ESB_WRITE_DOCS=1 build/dev/tests/unit_ota` writes it anew.
The engine moves along these rows only. An event that has no row in a state changes nothing there. Every row has a test
of its own (`tests/unit/ota/rows_test.cpp`), and the power goes at every flash operation along them
(`tests/component/update_cuts_test.cpp`). What is checked and stored on the way is in [updates.md](updates.md); times and
tries are in `src/esb/ota/policy.hpp`.

)";

TEST(UpdateStates, the_page_says_what_the_table_says) {
    const auto page =
        introduction + test::states_section("An update", std::span<const NotedRow>(noted_rows), Step::starting);
    test::expect_page(page_path, page, "unit_ota");
}

// Every step can be entered and left, but for the first and for the restart, which ends this image's run.
TEST(UpdateStates, no_step_is_a_trap) {
    auto entered = test::entered(rows(), Step::starting);
    EXPECT_TRUE(entered.erase(Step::rebooting));
    EXPECT_EQ(entered, test::left(rows()));
}

// The firmware's rows are those of the page, in their order.
TEST(UpdateStates, the_firmware_holds_the_same_rows) {
    ASSERT_EQ(rows().size(), std::size(noted_rows));
    for (std::size_t i = 0; i < rows().size(); ++i) {
        EXPECT_EQ(rows()[i].from, noted_rows[i].from);
        EXPECT_EQ(rows()[i].event, noted_rows[i].event);
        EXPECT_EQ(rows()[i].to, noted_rows[i].to);
    }
}

}  // namespace
}  // namespace esb::ota
