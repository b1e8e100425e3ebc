#include "esb/device/long_press.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

Instant at(int seconds) { return Instant(std::chrono::seconds(seconds)); }

TEST(LongPress, tells_once_when_it_was_held_long_enough) {
    LongPress press(10s);
    EXPECT_FALSE(press.step(false, at(0)));
    EXPECT_FALSE(press.step(true, at(1)));
    EXPECT_EQ(press.deadline(), at(11));
    EXPECT_FALSE(press.step(true, at(10)));
    EXPECT_TRUE(press.step(true, at(11)));
    EXPECT_FALSE(press.step(true, at(30)));
    EXPECT_FALSE(press.deadline());
}

TEST(LongPress, counts_anew_after_a_release) {
    LongPress press(10s);
    EXPECT_FALSE(press.step(false, at(0)));
    EXPECT_FALSE(press.step(true, at(0)));
    EXPECT_FALSE(press.step(false, at(9)));
    EXPECT_FALSE(press.deadline());
    EXPECT_FALSE(press.step(true, at(10)));
    EXPECT_FALSE(press.step(true, at(19)));
    EXPECT_TRUE(press.step(true, at(20)));
    EXPECT_FALSE(press.step(false, at(21)));
    EXPECT_FALSE(press.step(true, at(22)));
    EXPECT_TRUE(press.step(true, at(32)));
}

TEST(LongPress, ignores_a_pin_that_is_low_from_the_start) {
    LongPress press(10s);
    for (int second = 0; second < 100; ++second) EXPECT_FALSE(press.step(true, at(second)));
    EXPECT_FALSE(press.deadline());
    EXPECT_FALSE(press.step(false, at(100)));
    EXPECT_FALSE(press.step(true, at(101)));
    EXPECT_TRUE(press.step(true, at(111)));
}

}  // namespace
}  // namespace esb
