#include "esb/base/real.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

namespace esb {
namespace {

std::string printed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

TEST(Real, is_what_people_write) {
    EXPECT_EQ(real(0), "0");
    EXPECT_EQ(real(-0.0), "-0");
    EXPECT_EQ(real(21.5), "21.5");
    EXPECT_EQ(real(0.1, 6), "0.1");
    EXPECT_EQ(real(0.1), "0.10000000000000001");
    EXPECT_EQ(real(-1e-7, 3), "-1e-07");
    EXPECT_EQ(real(123456, 3), "1.23e+05");
    EXPECT_EQ(real(9.996, 3), "10");
    EXPECT_EQ(real(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Real, is_what_printf_writes_at_the_edges) {
    using Limits = std::numeric_limits<double>;
    for (const double value : {0.0, 0.5, 1.5, 2.5, 0.125, 9.5, 99.5, 999999.5, 1e-5, 1e-4, 9.9999e-5, 0.00099999, 1e5,
                               1e15, 1e16, 1e17, 1e22, 1e23, 123456789.0, 4294967295.0, 9007199254740993.0,
                               Limits::max(), Limits::min(), Limits::denorm_min(), Limits::epsilon(),
                               Limits::infinity(), Limits::quiet_NaN()}) {
        for (int digits = 1; digits <= real_digits_max; ++digits) {
            EXPECT_EQ(real(value, digits).view(), printed(value, digits)) << digits;
            EXPECT_EQ(real(-value, digits).view(), printed(-value, digits)) << digits;
        }
    }
}

TEST(Real, is_what_printf_writes_for_any_bits) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i) {
        const auto value = std::bit_cast<double>(random());
        const int digits = 1 + static_cast<int>(random() % real_digits_max);
        ASSERT_EQ(real(value, digits).view(), printed(value, digits)) << std::hexfloat << value << " " << digits;
    }
}

TEST(Real, is_what_printf_writes_for_measured_values) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 100'000; ++i) {
        const double value = static_cast<double>(static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000) / 1000;
        const int digits = 1 + static_cast<int>(random() % real_digits_max);
        ASSERT_EQ(real(value, digits).view(), printed(value, digits)) << digits;
    }
}

}  // namespace
}  // namespace esb
