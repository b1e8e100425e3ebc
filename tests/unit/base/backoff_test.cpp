#include "esb/base/backoff.hpp"

#include <gtest/gtest.h>

namespace {

using namespace esb;

constexpr std::uint32_t lowest = 0;
constexpr std::uint32_t highest = 0xFFFFFFFF;

TEST(Backoff, the_ceiling_doubles_up_to_two_minutes) {
    Backoff backoff;
    for (const int seconds : {2, 4, 8, 16, 32, 64, 120, 120, 120}) {
        const auto wait = backoff.next(highest);
        EXPECT_LE(wait, std::chrono::seconds(seconds));
        EXPECT_GE(wait, std::chrono::seconds(seconds) - 1ms);
    }
    EXPECT_EQ(backoff.failures(), 9U);
}

TEST(Backoff, jitter_is_full_from_the_minimum_up) {
    Backoff backoff;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(backoff.next(lowest), 1s);
    EXPECT_EQ(backoff.next(0x80000000U), 1s + 59500ms);
}

TEST(Backoff, a_success_starts_it_anew) {
    Backoff backoff;
    for (int i = 0; i < 10; ++i) static_cast<void>(backoff.next(highest));
    backoff.reset();
    EXPECT_EQ(backoff.failures(), 0U);
    EXPECT_LE(backoff.next(highest), 2s);
}

TEST(Backoff, its_bounds_can_be_chosen) {
    Backoff backoff(10ms, 25ms);
    EXPECT_LE(backoff.next(highest), 20ms);
    EXPECT_LE(backoff.next(highest), 25ms);
    EXPECT_EQ(backoff.next(lowest), 10ms);
    Backoff constant(5ms, 5ms);
    EXPECT_EQ(constant.next(highest), 5ms);
}

TEST(Backoff, a_very_long_outage_neither_overflows_nor_shortens_the_wait) {
    Backoff backoff(1h, 24h);
    for (int i = 0; i < 100000; ++i) {
        const auto wait = backoff.next(highest);
        ASSERT_GE(wait, 1h);
        ASSERT_LE(wait, 24h);
    }
    EXPECT_GT(backoff.next(highest), 23h);
}

}  // namespace
