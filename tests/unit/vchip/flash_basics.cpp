#include "host/vchip/flash.hpp"

#include <gtest/gtest.h>
#include <array>
#include <numeric>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;

class FlashTest : public testing::Test {
protected:
    Bytes read(std::size_t offset, std::size_t size) {
        Bytes bytes(size);
        EXPECT_TRUE(flash.read(offset, bytes));
        return bytes;
    }
    MemoryStore store{2 * erase_block};
    Flash flash{store};
};

TEST_F(FlashTest, is_erased_at_first) { EXPECT_EQ(read(erase_unit - 2, 4), Bytes(4, 0xFF)); }

TEST_F(FlashTest, programs_only_clear_bits) {
    ASSERT_TRUE(flash.program(8, Bytes{0xF0, 0xFF, 0x12, 0x34}));
    EXPECT_EQ(flash.overprograms(), 0U);
    ASSERT_TRUE(flash.program(8, Bytes{0x0F, 0x55, 0xFF, 0x34}));
    EXPECT_EQ(read(8, 4), (Bytes{0x00, 0x55, 0x12, 0x34}));
    EXPECT_EQ(flash.overprograms(), 1U) << "0xF0 with 0x0F over it";
}

TEST_F(FlashTest, erases_whole_units_only) {
    ASSERT_TRUE(flash.program(erase_unit - 4, Bytes(12, 0)));
    ASSERT_TRUE(flash.erase(erase_unit, erase_unit));
    EXPECT_EQ(read(erase_unit - 4, 4), Bytes(4, 0x00));
    EXPECT_EQ(read(erase_unit, 8), Bytes(8, 0xFF));
}

TEST_F(FlashTest, names_alignment_and_bounds) {
    EXPECT_EQ(flash.erase(4, erase_unit).error(), errors::flash_alignment);
    EXPECT_EQ(flash.erase(0, 100).error(), errors::flash_alignment);
    EXPECT_EQ(flash.program(2, Bytes(4)).error(), errors::flash_alignment);
    EXPECT_EQ(flash.program(4, Bytes(6)).error(), errors::flash_alignment);
    EXPECT_EQ(flash.program(flash.size(), Bytes(4)).error(), errors::flash_bounds);
    EXPECT_EQ(flash.erase(flash.size() - erase_unit, 2 * erase_unit).error(), errors::flash_bounds);
    Bytes one(1);
    EXPECT_EQ(flash.read(flash.size(), one).error(), errors::flash_bounds);
    EXPECT_EQ(flash.read(SIZE_MAX, one).error(), errors::flash_bounds);
    EXPECT_EQ(flash.operations(), 0U) << "what is refused is no operation";
}

TEST_F(FlashTest, a_region_ends_where_it_ends) {
    const Region region(flash, erase_unit, erase_unit);
    ASSERT_TRUE(region.program(0, Bytes{1, 2, 3, 4}));
    EXPECT_EQ(read(erase_unit, 4), (Bytes{1, 2, 3, 4}));
    Bytes two(2);
    EXPECT_TRUE(region.read(erase_unit - 2, two));
    EXPECT_EQ(region.read(erase_unit - 1, two).error(), errors::flash_bounds);
    EXPECT_EQ(region.program(erase_unit, two).error(), errors::flash_bounds);
    EXPECT_EQ(region.erase(0, 2 * erase_unit).error(), errors::flash_bounds);
    EXPECT_EQ(region.erase(SIZE_MAX, 2).error(), errors::flash_bounds);
}

TEST_F(FlashTest, numbers_operations_and_counts_wear) {
    ASSERT_TRUE(flash.erase(0, erase_block + 2 * erase_unit));
    EXPECT_EQ(flash.operations(), 3U) << "one aligned 64 KiB block and two units";
    ASSERT_TRUE(flash.program(erase_unit - 4, Bytes(8)));
    EXPECT_EQ(flash.operations(), 4U);
    EXPECT_EQ(flash.wear().erases[0], 1U);
    EXPECT_EQ(flash.wear().erases[erase_block / erase_unit + 1], 1U);
    EXPECT_EQ(flash.wear().erases[erase_block / erase_unit + 2], 0U);
    EXPECT_EQ(flash.wear().programs[0], 1U);
    EXPECT_EQ(flash.wear().programs[1], 1U);
    EXPECT_EQ(flash.wear().programs[2], 0U);
}

TEST_F(FlashTest, tells_what_it_does_and_how_long_a_real_chip_would_take) {
    std::vector<FlashOperation> seen;
    std::chrono::microseconds spent{};
    FlashHooks hooks;
    hooks.on_operation = [&seen](const FlashOperation& operation) { seen.push_back(operation); };
    hooks.spend = [&spent](std::chrono::microseconds time) { spent += time; };
    Flash timed(store, hooks);
    ASSERT_TRUE(timed.erase(erase_unit, erase_unit));
    EXPECT_EQ(spent, std::chrono::milliseconds(45));
    ASSERT_TRUE(timed.erase(0, erase_block));
    EXPECT_EQ(spent, std::chrono::milliseconds(195));
    ASSERT_TRUE(timed.program(0, Bytes(260)));
    EXPECT_EQ(spent, std::chrono::microseconds(196200));
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[2].kind, FlashOperation::Kind::program);
    EXPECT_EQ(seen[2].number, 3U);
    EXPECT_EQ(seen[2].length, 260U);
}

TEST_F(FlashTest, after_a_cut_nothing_works_until_power_on) {
    int cuts = 0;
    FlashHooks hooks;
    hooks.on_power_cut = [&cuts] { ++cuts; };
    Flash cut(store, hooks);
    cut.set_plan({PowerCut{2, CutKind::after}, {}});
    ASSERT_TRUE(cut.program(0, Bytes(4)));
    EXPECT_EQ(cut.program(4, Bytes(4)).error(), errors::power_lost);
    EXPECT_EQ(cuts, 1);
    EXPECT_FALSE(cut.powered());
    Bytes four(4);
    EXPECT_EQ(cut.read(0, four).error(), errors::power_lost);
    EXPECT_EQ(cut.erase(0, erase_unit).error(), errors::power_lost);
    EXPECT_EQ(cut.program(8, four).error(), errors::power_lost);
    EXPECT_EQ(cut.operations(), 2U);
    cut.power_on();
    EXPECT_TRUE(cut.read(0, four));
    EXPECT_TRUE(cut.program(8, four));
    EXPECT_TRUE(cut.program(12, four)) << "the plan went with the power";
    EXPECT_EQ(read(0, 16), Bytes(16, 0x00));
    cut.power_off();
    EXPECT_EQ(cut.read(0, four).error(), errors::power_lost);
}

TEST_F(FlashTest, worn_cells_fail_and_the_power_stays) {
    flash.set_plan({{}, {1, 3}});
    EXPECT_EQ(flash.program(0, Bytes(8)).error(), errors::flash_failed);
    EXPECT_EQ(read(0, 8), (Bytes{0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF})) << "it gave up half-way";
    EXPECT_TRUE(flash.program(0, Bytes(8)));
    EXPECT_EQ(flash.erase(0, erase_unit).error(), errors::flash_failed);
    EXPECT_EQ(read(0, 4), Bytes(4, 0));
    EXPECT_TRUE(flash.powered());
    EXPECT_TRUE(flash.erase(0, erase_unit));
}

TEST(MemoryStore, copies_are_independent) {
    MemoryStore first(4 * erase_unit);
    Flash a(first);
    ASSERT_TRUE(a.program(0, Bytes(4, 1)));
    MemoryStore second = first;
    Flash b(second);
    ASSERT_TRUE(b.program(0, Bytes(4, 0)));
    ASSERT_TRUE(a.program(erase_unit, Bytes(4, 3)));
    Bytes four(4);
    ASSERT_TRUE(a.read(0, four));
    EXPECT_EQ(four, Bytes(4, 1));
    ASSERT_TRUE(b.read(0, four));
    EXPECT_EQ(four, Bytes(4, 0));
    ASSERT_TRUE(b.read(erase_unit, four));
    EXPECT_EQ(four, Bytes(4, 0xFF));
}

}  // namespace
}  // namespace esb::vchip
