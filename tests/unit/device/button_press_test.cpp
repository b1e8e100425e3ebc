#include "esb/device/button_press.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

Instant at(Duration time) { return Instant(time); }

TEST(ButtonPress, tells_once_when_it_was_held_long_enough) {
    ButtonPress press(10s);
    EXPECT_EQ(press.step(false, at(0s)), Press::none);
    EXPECT_EQ(press.step(true, at(1s)), Press::none);
    EXPECT_EQ(press.deadline(), at(11s));
    EXPECT_EQ(press.step(true, at(10s)), Press::none);
    EXPECT_EQ(press.step(true, at(11s)), Press::held);
    EXPECT_EQ(press.step(true, at(30s)), Press::none);
    EXPECT_FALSE(press.deadline());
    EXPECT_EQ(press.step(false, at(31s)), Press::none) << "the release of a held one is not another press";
}

TEST(ButtonPress, counts_anew_after_a_release) {
    ButtonPress press(10s);
    EXPECT_EQ(press.step(false, at(0s)), Press::none);
    EXPECT_EQ(press.step(true, at(0s)), Press::none);
    EXPECT_EQ(press.step(false, at(9s)), Press::none) << "neither brief nor held";
    EXPECT_FALSE(press.deadline());
    EXPECT_EQ(press.step(true, at(10s)), Press::none);
    EXPECT_EQ(press.step(true, at(19s)), Press::none);
    EXPECT_EQ(press.step(true, at(20s)), Press::held);
    EXPECT_EQ(press.step(false, at(21s)), Press::none);
    EXPECT_EQ(press.step(true, at(22s)), Press::none);
    EXPECT_EQ(press.step(true, at(32s)), Press::held);
}

TEST(ButtonPress, a_brief_one_is_told_when_it_ends) {
    ButtonPress press(10s);
    EXPECT_EQ(press.step(false, at(0s)), Press::none);
    EXPECT_EQ(press.step(true, at(1s)), Press::none);
    EXPECT_EQ(press.step(false, at(1200ms)), Press::brief);
    EXPECT_EQ(press.step(false, at(2s)), Press::none);
    EXPECT_FALSE(press.deadline());
}

TEST(ButtonPress, a_bouncing_contact_is_no_press) {
    ButtonPress press(10s);
    EXPECT_EQ(press.step(false, at(0s)), Press::none);
    EXPECT_EQ(press.step(true, at(1000ms)), Press::none);
    EXPECT_EQ(press.step(false, at(1049ms)), Press::none);
    EXPECT_EQ(press.step(true, at(1060ms)), Press::none);
    EXPECT_EQ(press.step(false, at(1110ms)), Press::brief);
}

TEST(ButtonPress, ignores_a_pin_that_is_low_from_the_start) {
    ButtonPress press(10s);
    for (int second = 0; second < 100; ++second) {
        EXPECT_EQ(press.step(true, at(std::chrono::seconds(second))), Press::none);
    }
    EXPECT_FALSE(press.deadline());
    EXPECT_EQ(press.step(false, at(100s)), Press::none);
    EXPECT_EQ(press.step(true, at(101s)), Press::none);
    EXPECT_EQ(press.step(true, at(111s)), Press::held);
}

}  // namespace
}  // namespace esb
