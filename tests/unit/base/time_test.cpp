#include "esb/base/time.hpp"

#include <gtest/gtest.h>

namespace {

using namespace esb;

TEST(Time, the_earlier_of_two_optional_deadlines) {
    const Instant soon{5ms}, late{9ms};
    EXPECT_EQ(earliest(soon, late), soon);
    EXPECT_EQ(earliest(late, soon), soon);
    EXPECT_EQ(earliest(std::nullopt, late), late);
    EXPECT_EQ(earliest(late, std::nullopt), late);
    EXPECT_EQ(earliest(std::nullopt, std::nullopt), std::nullopt);
    EXPECT_EQ(esb::milliseconds(late), 9U);
}

}  // namespace
