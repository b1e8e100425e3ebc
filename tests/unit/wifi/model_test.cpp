// Random schedules of faults against the supervisor; ESB_MODEL_STEPS in the environment is their number (a twentieth
// of it under sanitizers).
#include "model_world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace esb::wifi {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr unsigned share = 20;
#else
constexpr unsigned share = 1;
#endif

unsigned schedules() {
    const char* text = std::getenv("ESB_MODEL_STEPS");
    return (text == nullptr ? 20'000 : static_cast<unsigned>(std::strtoul(text, nullptr, 10))) / share;
}

double seconds(Duration time) { return static_cast<double>(time.count()) / 1000; }

// The same with a cable that comes and goes.
TEST(WifiModel, whatever_happens_with_a_cable_it_comes_back) {
    model::Measured measured;
    const auto count = schedules() / 2;
    for (unsigned seed = 1; seed <= count; ++seed) {
        model::World world(seed, measured, true);
        const auto violated = world.run();
        ASSERT_TRUE(violated.empty()) << "schedule " << seed << ": " << violated;
    }
    std::cout << count << " schedules, " << measured.steps << " steps; the cable served " << measured.wires << " times\n";
    EXPECT_GT(measured.wires, count);
}

TEST(WifiModel, whatever_happens_it_comes_back) {
    model::Measured measured;
    const auto count = schedules();
    for (unsigned seed = 1; seed <= count; ++seed) {
        model::World world(seed, measured);
        const auto violated = world.run();
        ASSERT_TRUE(violated.empty()) << "schedule " << seed << ": " << violated;
    }
    std::cout << count << " schedules, " << measured.steps << " steps, " << measured.rows << " transitions, "
              << measured.portals << " portals, " << measured.moves << " moves to a stronger access point, "
              << measured.restarts << " restarts of devices that need Wi-Fi\n"
              << "longest time to be on line again: " << seconds(measured.online_after)
              << " s, with a phone that stays " << seconds(measured.online_with_phone) << " s, among broken networks "
              << seconds(measured.online_among_broken) << " s\n"
              << "portal open at most " << seconds(measured.portal_open) << " s; at most " << measured.joins_a_minute
              << " tries a minute, " << measured.joins_ten_minutes << " in ten\n";
    EXPECT_GT(measured.portals, 0U);
    EXPECT_GT(measured.restarts, 0U);
    EXPECT_GT(measured.moves, 0U);
}

}  // namespace
}  // namespace esb::wifi
