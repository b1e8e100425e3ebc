// docs/wifi-states.md is made from the tables; this is who makes it. ESB_WRITE_DOCS=1 in the environment writes it.
#include "esb/wifi/states.hpp"
#include "esb/wifi/wire_states.hpp"
#include "tests/support/states_page.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::wifi {
namespace {

constexpr auto page_path = ESB_DOCS "/wifi-states.md";

constexpr auto introduction = R"(# States of the Wi-Fi supervisor

Made from the tables in `src/esb/wifi/states.cpp` and `wire_states.cpp` by a test; `ESB_WRITE_DOCS=1 build/dev/tests/unit_wifi` writes it anew.
The machines move along these rows only. An event that has no row in a state changes nothing there. Every row has a test
of its own (`tests/unit/wifi/rows_test.cpp`, `wire_test.cpp`), and a model test runs all machines through random faults
(`tests/unit/wifi/model_test.cpp`). What has to do with a cable is there in firmware with `ESB_ETHERNET` only. Times and choices are in `src/esb/wifi/policy.hpp`.

)";

std::string page() {
    return introduction + test::states_section("The link", link_rows(), State::off) + "\n" +
           test::states_section("The portal", portal_rows(), PortalState::closed) + "\n" +
           test::states_section("The wire", wire_rows(), WireState::off);
}

TEST(WifiStates, the_page_says_what_the_tables_say) {
    test::expect_page(page_path, page(), "unit_wifi");
}

// Every state can be entered and left.
TEST(WifiStates, no_state_is_a_trap) {
    EXPECT_EQ(test::entered(link_rows(), State::off), test::left(link_rows()));
    EXPECT_EQ(test::entered(portal_rows(), PortalState::closed), test::left(portal_rows()));
    EXPECT_EQ(test::entered(wire_rows(), WireState::off), test::left(wire_rows()));
}

}  // namespace
}  // namespace esb::wifi
