// Lives by dice, three to ten cuts each (support/update_chain.hpp). ESB_CHAIN_SEED=N lives number N alone and tells it.
#include "tests/support/cuts.hpp"
#include "tests/support/update_chain.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb {
namespace {

constexpr std::uint64_t shares = 4;  // so that they run in parallel

std::uint64_t lives_of_a_share() {
    const std::uint64_t ordinary = test::this_build == "optimized" ? 760 : 15;
    return ordinary * test::cut_factor();
}

class UpdateChains : public testing::TestWithParam<std::uint64_t> {
protected:
    test::ChainSupplies supplies;
};

TEST_P(UpdateChains, hold_every_promise_through_three_to_ten_cuts) {
    const auto lives = lives_of_a_share();
    const auto first = 1 + (test::first_cut_seed() - 1) * 1'000'000'000 + GetParam() * 100'000'000;
    std::uint64_t cuts = 0;
    std::uint64_t boots = 0;
    std::uint64_t packed = 0;
    std::uint64_t encrypted = 0;
    std::uint64_t asked = 0;
    for (std::uint64_t seed = first; seed < first + lives; ++seed) {
        test::UpdateChain chain(supplies, seed);
        const auto wrong = chain.live();
        cuts += chain.cuts();
        boots += chain.boots();
        packed += chain.packed_updates();
        encrypted += chain.encrypted_updates();
        asked += chain.packed_requests();
        ASSERT_EQ(wrong, "") << "replay with ESB_CHAIN_SEED=" << seed << "\n" << chain.story();
        ASSERT_GE(chain.cuts(), 3U) << seed;
    }
    std::cout << "[  cuts    ] " << lives << " lives from seed " << first << ": " << cuts << " cuts, " << boots
              << " boots; " << packed << " packed updates, " << encrypted << " encrypted; " << asked
              << " packed files asked for\n";
    EXPECT_GT(asked, lives / 2) << "smaller forms are fetched";
    test::tally("seeded runs", lives);
    test::tally("packed updates of seeded runs", packed);
    test::tally("encrypted updates of seeded runs", encrypted);
    test::tally("cuts of seeded runs", cuts);
    test::tally("cuts", cuts);
}

INSTANTIATE_TEST_SUITE_P(Share, UpdateChains, testing::Range<std::uint64_t>(0, shares));

TEST(UpdateChain, one_by_its_number) {
    test::ChainSupplies supplies;
    test::UpdateChain chain(supplies, test::number_from_environment("ESB_CHAIN_SEED", 1));
    EXPECT_EQ(chain.live(), "");
    std::cout << chain.story();
}

}  // namespace
}  // namespace esb
