// Random schedules against the broker model, over a link that is cut at random bytes. ESB_MODEL_STEPS in the
// environment makes the long ones longer, and is the number of short ones when it is larger than theirs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "support/mqtt_simulation.hpp"

namespace esb::mqtt {
namespace {

using test::Simulation;

unsigned steps() {
    const char* text = std::getenv("ESB_MODEL_STEPS");
    return text == nullptr ? 20'000 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class MqttModel : public testing::TestWithParam<unsigned> {};

TEST_P(MqttModel, lossy_link_session_survives) {
    Simulation simulation({.seed = GetParam()});
    simulation.run(steps());
    simulation.check_completions();
    simulation.check_outgoing();
    simulation.check_incoming();
    EXPECT_GT(simulation.cuts, steps() / 1000);
    EXPECT_EQ(simulation.outcomes["mqtt.session_lost"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.malformed"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.unexpected"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.overrun"], 0U);
    EXPECT_GT(simulation.outcomes["ok"], steps() / 100);
    EXPECT_GT(simulation.outcomes["too large"], steps() / 1000);
    simulation.check_nothing_leaked();
}

// A broker with a larger window than ours: overruns happen, and still nothing is lost, doubled or stuck.
TEST_P(MqttModel, lossy_link_broker_with_a_larger_window) {
    Simulation simulation(
        {.seed = GetParam(),
         .broker_window = 20,
         .limits = {.max_topic = 8, .max_inflight_out = 2, .max_inflight_in = 3, .max_acks = 6, .max_packet_in = 100}});
    simulation.run(steps());
    simulation.check_completions();
    simulation.check_outgoing();
    simulation.check_incoming();
    EXPECT_GT(simulation.outcomes["disconnected mqtt.overrun"], 0U);
    simulation.check_nothing_leaked();
}

TEST_P(MqttModel, lossy_link_broker_loses_sessions) {
    Simulation simulation({.seed = GetParam(), .lose_sessions = true});
    simulation.run(steps());
    simulation.check_completions();
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.unexpected"], 0U);
    EXPECT_GT(simulation.outcomes["mqtt.session_lost"], 0U);
    simulation.check_incoming();
    simulation.check_nothing_leaked();
}

// Every way that there is from one state to another.
const char* const known_transitions[] = {
    "stopped -start-> waiting",    "waiting -opening-> opening",    "waiting -stop-> stopped",
    "opening -opened-> connecting", "opening -closed-> waiting",    "opening -stop-> closing",
    "connecting -receive-> connected", "connecting -receive-> closing", "connecting -tick-> closing",
    "connecting -stop-> closing",  "connecting -closed-> waiting",  "connected -receive-> closing",
    "connected -tick-> closing",   "connected -stop-> closing",     "connected -closed-> waiting",
    "closing -closed-> waiting",   "closing -closed-> stopped",
};

// A schedule of its own for each seed: what it may do follows from the number.
test::Plan plan_of(unsigned seed, bool five) {
    test::Plan plan{.seed = seed, .lose_sessions = seed % 4 == 0, .mischief = seed % 2 == 0, .five = five};
    plan.keeps = seed % 5 < 2;
    plan.power_cuts = seed % 10 == 5 || seed % 10 == 6;  // with and without mischief
    plan.defers = seed % 7 < 2;
    if (seed % 3 != 1) return plan;
    plan.broker_window = 20;
    plan.limits.max_inflight_out = 2;
    plan.limits.max_inflight_in = 3;
    plan.limits.max_acks = 6;
    return plan;
}

test::Coverage run_schedules(bool five) {
    constexpr unsigned fewest = 5'000;
    const unsigned schedules = steps() >= 100'000 ? steps() : fewest;
    const char* given = std::getenv("ESB_MODEL_SEED");
    const unsigned first = given == nullptr ? 1 : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
    test::Coverage seen;
    for (unsigned seed = first; seed != first + schedules && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("ESB_MODEL_SEED=" + std::to_string(seed));
        Simulation simulation(plan_of(seed, five));
        simulation.run(250);
        simulation.check_completions();
        simulation.check_outgoing();
        simulation.check_incoming();
        simulation.add_to(seen);
        simulation.check_nothing_leaked();
    }
    std::printf("schedules %u, seeds %u to %u: cuts %lu, restarts %lu, sessions resumed %lu, new %lu; sent again %lu, "
                "duplicates %lu, too large %lu\n",
                schedules, first, first + schedules - 1, seen.cuts, seen.restarts, seen.resumed, seen.sessions_new,
                seen.resends, seen.duplicates_in, seen.too_large_in);
    std::printf("messages kept over restarts %lu, power lost at a write %lu, writes %lu; acknowledged later %lu\n",
                seen.restored, seen.power_cuts, seen.writes, seen.deferred);
    if (five) {
        std::printf("connections with 5.0 %lu, sessions expired %lu, messages refused %lu\n", seen.five, seen.expired,
                    seen.refused);
    }
    for (const auto& [what, times] : seen.outcomes) std::printf("  %s: %lu\n", what.c_str(), times);
    return seen;
}

void expect_all_transitions(const test::Coverage& seen) {
    std::printf("transitions %zu of %zu\n", seen.transitions.size(), std::size(known_transitions));
    for (const auto& [what, times] : seen.transitions) {
        std::printf("  %s: %lu\n", what.c_str(), times);
        EXPECT_TRUE(std::ranges::find(known_transitions, what) != std::end(known_transitions)) << "a new way: " << what;
    }
    for (const char* what : known_transitions) EXPECT_TRUE(seen.transitions.contains(what)) << "never seen: " << what;
    EXPECT_GT(seen.resends, 0U);
    EXPECT_GT(seen.duplicates_in, 0U);
    EXPECT_GT(seen.restarts, 0U);
    EXPECT_GT(seen.restored, 0U);
    EXPECT_GT(seen.power_cuts, 0U);
    EXPECT_GT(seen.deferred, 0U);
}

// Many short lives: publishes, subscriptions, cuts, delays, duplicates, refusals, restarts and lost power.
TEST(MqttSchedules, hold_what_is_promised) { expect_all_transitions(run_schedules(false)); }

// The same with a broker that speaks 5.0, and sometimes does not.
TEST(MqttSchedules, hold_what_is_promised_with_5_0) {
    const auto seen = run_schedules(true);
    expect_all_transitions(seen);
    EXPECT_GT(seen.five, seen.resumed / 2);
    EXPECT_GT(seen.expired, 0U);
    EXPECT_GT(seen.refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MqttModel, testing::Range(1U, 6U));

}  // namespace
}  // namespace esb::mqtt
