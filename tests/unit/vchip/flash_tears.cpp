#include "host/vchip/flash.hpp"
#include "host/vchip/flash_tear.hpp"

#include <gtest/gtest.h>
#include <set>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Bits that a torn operation may leave: each as it was or as it was to be.
bool between(const Bytes& torn, const Bytes& before, const Bytes& target) {
    for (std::size_t i = 0; i < torn.size(); ++i) {
        const int changing = before[i] ^ target[i];
        if (((torn[i] ^ before[i]) & ~changing) != 0) return false;
    }
    return true;
}

class Tears : public testing::TestWithParam<CutKind> {};

TEST_P(Tears, of_a_program_never_set_bits_and_touch_no_others) {
    const Bytes before(256, 0xF7);
    Bytes target(256);
    for (std::size_t i = 0; i < target.size(); ++i) target[i] = static_cast<std::uint8_t>(0xF7 & (i * 13));
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto torn = tear({1, GetParam(), seed}, before, target, false);
        EXPECT_TRUE(between(torn.bytes, before, target)) << seed;
        for (const auto& [at, mask] : torn.unstable) EXPECT_EQ(mask & ~(before[at] ^ target[at]), 0) << seed;
    }
}

TEST_P(Tears, are_the_same_for_the_same_seed_and_differ_for_others) {
    const Bytes before(512, 0xFF);
    const Bytes target(512, 0x00);
    std::set<Bytes> outcomes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const PowerCut cut{3, GetParam(), seed};
        const auto first = tear(cut, before, target, false);
        const auto second = tear(cut, before, target, false);
        EXPECT_EQ(first.bytes, second.bytes);
        EXPECT_EQ(first.unstable, second.unstable);
        outcomes.insert(first.bytes);
    }
    EXPECT_GT(outcomes.size(), 10U);
}

TEST_P(Tears, happen_inside_the_flash_and_only_there) {
    int changed = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        MemoryStore store(4 * erase_unit);
        Flash flash(store);
        flash.set_plan({PowerCut{1, GetParam(), seed}, {}});
        EXPECT_EQ(flash.program(erase_unit, Bytes(64, 0)).error(), errors::power_lost);
        flash.power_on();
        Bytes all(store.size());
        ASSERT_TRUE(flash.read(0, all));
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool inside = i >= erase_unit && i < erase_unit + 64;
            ASSERT_TRUE(inside || all[i] == 0xFF) << i;
        }
        if (Bytes(all.begin() + erase_unit, all.begin() + erase_unit + 64) != Bytes(64, 0xFF)) ++changed;
    }
    EXPECT_GT(changed, 10);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Tears,
                         testing::Values(CutKind::prefix, CutKind::random_bits, CutKind::half_done, CutKind::unstable),
                         [](const auto& tested) {
                             std::string text(name(tested.param));
                             std::erase(text, '-');
                             return text;
                         });

TEST(FlashTears, before_does_nothing_and_after_does_it_all) {
    const Bytes before(8, 0xFF);
    const Bytes target(8, 0x12);
    EXPECT_EQ(tear({1, CutKind::before}, before, target, false).bytes, before);
    EXPECT_EQ(tear({1, CutKind::after}, before, target, false).bytes, target);
}

TEST(FlashTears, a_half_done_erase_leaves_noise) {
    const Bytes before(4096, 0xFF);
    bool noise = false;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        noise = noise || tear({1, CutKind::half_done, seed}, before, before, true).bytes != before;
    }
    EXPECT_TRUE(noise) << "even a blank sector may hold anything afterwards";
}

class UnstableFlash : public testing::Test {
protected:
    UnstableFlash() {
        for (std::uint64_t seed = 1; store.unstable.empty(); ++seed) {
            store = MemoryStore(erase_unit);
            Flash flash(store);
            flash.set_plan({PowerCut{1, CutKind::unstable, seed}, {}});
            static_cast<void>(flash.program(0, Bytes(256, 0)));
        }
    }
    static Bytes read(Flash& flash) {
        Bytes bytes(256);
        EXPECT_TRUE(flash.read(0, bytes));
        return bytes;
    }
    static int readings(Flash& flash) {
        std::set<Bytes> seen;
        for (int i = 0; i < 30; ++i) seen.insert(read(flash));
        return static_cast<int>(seen.size());
    }
    MemoryStore store{erase_unit};
};

TEST_F(UnstableFlash, reads_differently_across_power_cycles) {
    Flash flash(store);
    EXPECT_GT(readings(flash), 1);
    Flash again(store, {}, 77);
    EXPECT_GT(readings(again), 1);
    MemoryStore copy = store;
    Flash of_copy(copy);
    EXPECT_GT(readings(of_copy), 1);
}

TEST_F(UnstableFlash, is_replayed_by_the_noise_seed) {
    Flash first(store, {}, 5);
    Flash second(store, {}, 5);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(read(first), read(second));
}

TEST_F(UnstableFlash, settles_by_erase) {
    Flash flash(store);
    ASSERT_TRUE(flash.erase(0, erase_unit));
    EXPECT_EQ(readings(flash), 1);
    EXPECT_EQ(read(flash), Bytes(256, 0xFF));
}

TEST_F(UnstableFlash, settles_by_programming_to_zero_but_not_to_one) {
    Flash flash(store);
    ASSERT_TRUE(flash.program(0, Bytes(256, 0xFF)));
    EXPECT_GT(readings(flash), 1);
    ASSERT_TRUE(flash.program(0, Bytes(256, 0x00)));
    EXPECT_EQ(readings(flash), 1);
    EXPECT_EQ(read(flash), Bytes(256, 0x00));
}

TEST(FaultPlan, reads_its_text) {
    const auto plan = parse_fault_plan("cut=12:unstable:7,fail=3,fail=4");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->cut, (PowerCut{12, CutKind::unstable, 7}));
    EXPECT_EQ(plan->failures, (std::set<std::uint64_t>{3, 4}));
    EXPECT_FALSE(parse_fault_plan("").value().cut);
    EXPECT_EQ(parse_power_cut("5:before").value(), (PowerCut{5, CutKind::before, 1}));
    for (const auto kind : all_cut_kinds) {
        const PowerCut cut{9, kind, is_tear(kind) ? 4U : 1U};
        EXPECT_EQ(parse_power_cut(to_text(cut)).value(), cut);
    }
}

TEST(FaultPlan, refuses_everything_else) {
    for (const auto* text : {"cut", "cut=", "cut=0:before", "cut=1", "cut=1:sideways", "cut=1:before:3", "cut=x:after",
                             "cut=1:prefix:", "cut=1:prefix:x", "fail=0", "fail=", "fail", "cut=1:after,cut=2:after",
                             "boom=1", ",", "fail=1,,fail=2"}) {
        const auto plan = parse_fault_plan(text);
        ASSERT_FALSE(plan) << text;
        EXPECT_EQ(plan.error(), errors::fault_syntax) << text;
    }
}

}  // namespace
}  // namespace esb::vchip
