#include "esb/device/periodic.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

TEST(Periodic, runs_each_period_without_drift) {
    Periodic periodic;
    int runs = 0;
    ASSERT_TRUE(periodic.add(10s, [&runs] { ++runs; }, Instant(0s)));
    periodic.step(Instant(9999ms));
    EXPECT_EQ(runs, 0);
    periodic.step(Instant(10001ms));
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(*periodic.deadline(), Instant(20s));
}

TEST(Periodic, a_long_pause_does_not_cause_a_burst) {
    Periodic periodic;
    int runs = 0;
    ASSERT_TRUE(periodic.add(1s, [&runs] { ++runs; }, Instant(0s)));
    periodic.step(Instant(1h));
    periodic.step(Instant(1h));
    EXPECT_EQ(runs, 1);
    EXPECT_GT(*periodic.deadline(), Instant(1h));
}

TEST(Periodic, the_longest_period_is_never_over) {
    Periodic periodic;
    int runs = 0;
    ASSERT_TRUE(periodic.add(Duration::max(), [&runs] { ++runs; }, Instant(1s)));
    periodic.step(Instant(1h));
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(*periodic.deadline(), Instant::max());
}

TEST(Periodic, refuses_no_period_and_too_many) {
    Periodic periodic;
    EXPECT_EQ(periodic.add(0ms, [] {}, Instant{}).error(), errors::invalid_argument);
    for (std::size_t i = 0; i < Periodic::max_works; ++i) ASSERT_TRUE(periodic.add(1s, [] {}, Instant{}));
    EXPECT_EQ(periodic.add(1s, [] {}, Instant{}).error(), errors::full);
}

TEST(Periodic, work_may_add_work) {
    Periodic periodic;
    int runs = 0;
    struct Both {
        Periodic& periodic;
        int& runs;
    } both{periodic, runs};
    ASSERT_TRUE(periodic.add(1s, [&both] {
        if (both.runs++ != 0) return;
        EXPECT_TRUE(both.periodic.add(1s, [&both] { ++both.runs; }, Instant(1s)));
    }, Instant(0s)));
    periodic.step(Instant(1s));
    periodic.step(Instant(2s));
    EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace esb
