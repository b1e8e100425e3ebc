#include "esb/life/given_identity.hpp"

#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::life {
namespace {

TEST(GivenIdentity, is_absent_until_one_is_given) {
    test::MemoryKeyValue flash;
    EXPECT_EQ(given_identity(flash).value(), std::nullopt);
    ASSERT_TRUE(give_identity(flash, "GH-000042"));
    EXPECT_EQ(given_identity(flash).value()->view(), "GH-000042");
    const auto writes = flash.writes();
    ASSERT_TRUE(give_identity(flash, "GH-000042"));
    EXPECT_EQ(flash.writes(), writes);
}

TEST(GivenIdentity, is_as_long_as_the_name_of_a_network_at_most) {
    test::MemoryKeyValue flash;
    EXPECT_TRUE(give_identity(flash, std::string(32, 'a')));
    EXPECT_EQ(given_identity(flash).value()->size(), 32U);
    EXPECT_EQ(give_identity(flash, std::string(33, 'a')).error(), errors::bad_identity);
    EXPECT_EQ(give_identity(flash, "GH--1").error(), errors::bad_identity);
    EXPECT_EQ(give_identity(flash, "").error(), errors::bad_identity);
    EXPECT_EQ(given_identity(flash).value()->size(), 32U) << "as it was";
}

TEST(GivenIdentity, that_is_damaged_is_told_and_never_another_one) {
    test::MemoryKeyValue flash;
    ASSERT_TRUE(give_identity(flash, "GH-000042"));
    auto& record = flash.values.begin()->second;
    for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
        record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ (1U << bit % 8));
        EXPECT_EQ(given_identity(flash).error(), errors::kv_corrupt) << bit;
        record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ (1U << bit % 8));
    }
    record.resize(60);
    EXPECT_EQ(given_identity(flash).error(), errors::kv_too_small);
    flash.fail_at(1);
    EXPECT_EQ(given_identity(flash).error(), errors::flash_failed);
}

}  // namespace
}  // namespace esb::life
