#include "esb/record/wall_clock.hpp"

#include "host/vchip/sim_world.hpp"

#include <gtest/gtest.h>

namespace esb::record {
namespace {

constexpr UnixTime floor_time{1'795'000'000};

TEST(WallClock, takes_no_time_before_the_build) {
    vchip::SimClock chip;
    WallClock clock(chip, floor_time);
    const auto refused = clock.set(floor_time - 1s);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errors::clock_before_build);
    EXPECT_FALSE(chip.wall());
    EXPECT_TRUE(clock.set(floor_time));
    EXPECT_EQ(chip.wall(), floor_time);
}

TEST(WallClock, tells_how_far_it_jumped) {
    vchip::SimClock chip;
    WallClock clock(chip, floor_time);
    EXPECT_FALSE(clock.set(floor_time + 100s).value());
    EXPECT_EQ(clock.set(floor_time + 1000s).value(), 900s);
    EXPECT_EQ(clock.set(floor_time + 400s).value(), -600s);
}

TEST(WallClock, a_kept_time_that_cannot_be_is_raised) {
    vchip::SimClock chip;
    WallClock clock(chip, floor_time);
    EXPECT_FALSE(clock.raise()) << "an unknown time stays unknown";
    EXPECT_FALSE(chip.wall());
    chip.set_wall(floor_time - 1h);
    EXPECT_TRUE(clock.raise());
    EXPECT_EQ(chip.wall(), floor_time);
    EXPECT_FALSE(clock.raise());
}

TEST(WallClock, this_build_has_a_floor) {
    EXPECT_GE(build_time(), UnixTime(1'767'225'600)) << "2026";
    EXPECT_LT(build_time(), UnixTime(4'102'444'800)) << "2100";
}

}  // namespace
}  // namespace esb::record
