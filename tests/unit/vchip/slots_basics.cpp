#include "host/vchip/slots.hpp"

#include "esb/ota/descriptor.hpp"
#include "support/vchip_flash.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;
using chip::SlotId;
using chip::SlotState;

class SlotsTest : public testing::Test {
protected:
    SlotsTest() {
        test::put_image(flash, SlotId::a, old_image);
        EXPECT_EQ(restart(), SlotId::a);
    }
    SlotId restart() {
        const auto choice = boot(flash, test::small_table());
        EXPECT_TRUE(choice);
        slots.emplace(Slots::open(flash, test::small_table(), choice->slot).value());
        return choice->slot;
    }
    // Downloads an image into the slot that does not run.
    void install(const Bytes& image) {
        const auto slot = other(slots->running());
        ASSERT_TRUE(slots->erase(slot, 0, erase_block));
        ASSERT_TRUE(slots->program(slot, 0, image));
    }

    const Bytes old_image = test::make_image({.seq = 1});
    const Bytes new_image = test::make_image({.seq = 2, .ver = "1.1.0", .body = 3000});
    MemoryStore store{test::small_flash};
    Flash flash{store};
    std::optional<Slots> slots;
};

TEST_F(SlotsTest, tell_its_geometry) {
    const auto geometry = slots->geometry();
    EXPECT_EQ(geometry.size, 65536U);
    EXPECT_EQ(geometry.erase_unit, 4096U);
    EXPECT_EQ(geometry.erase_block, 65536U);
    EXPECT_EQ(geometry.program_unit, 16U);
    ota::ImageDescriptor descriptor{};
    ASSERT_TRUE(slots->read(SlotId::a, geometry.descriptor_at,
                            {reinterpret_cast<std::uint8_t*>(&descriptor), sizeof(descriptor)}));
    EXPECT_EQ(descriptor.magic, ota::descriptor_magic);
}

TEST_F(SlotsTest, a_factory_image_counts_as_valid) {
    EXPECT_EQ(slots->state(SlotId::a), SlotState::valid);
    EXPECT_EQ(slots->state(SlotId::b), SlotState::undefined);
}

TEST_F(SlotsTest, an_update_runs_on_trial_and_is_confirmed) {
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    EXPECT_EQ(slots->state(SlotId::b), SlotState::fresh);
    ASSERT_EQ(restart(), SlotId::b);
    EXPECT_EQ(slots->state(SlotId::b), SlotState::pending_verify);
    ASSERT_TRUE(slots->confirm_running());
    EXPECT_EQ(slots->state(SlotId::b), SlotState::valid);
    EXPECT_TRUE(slots->confirm_running());
    EXPECT_EQ(slots->state(SlotId::b), SlotState::valid);
    EXPECT_EQ(restart(), SlotId::b);
}

// A cut in the first confirmation has left a bit of the state between "valid" and "invalid".
TEST_F(SlotsTest, a_second_confirmation_brings_hanging_cells_to_rest) {
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    ASSERT_EQ(restart(), SlotId::b);
    ASSERT_TRUE(slots->confirm_running());
    const std::size_t state_of_b = 0xF000 + erase_unit + 24;
    store.unstable[state_of_b] = 1;
    ASSERT_TRUE(slots->confirm_running());  // whatever it reads
    EXPECT_TRUE(store.unstable.empty());
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(slots->state(SlotId::b), SlotState::valid);
        ASSERT_EQ(restart(), SlotId::b);
    }
}

TEST_F(SlotsTest, an_unconfirmed_update_goes_back) {
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    ASSERT_EQ(restart(), SlotId::b);
    EXPECT_EQ(restart(), SlotId::a);
    EXPECT_EQ(slots->state(SlotId::b), SlotState::aborted);
}

TEST_F(SlotsTest, confirming_does_not_confirm_the_slot_chosen_next) {
    // ESP-IDF's own call marks the active entry, whichever slot that is.
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    ASSERT_TRUE(slots->confirm_running());
    EXPECT_EQ(slots->state(SlotId::b), SlotState::fresh);
}

TEST_F(SlotsTest, an_image_the_boot_loader_could_not_mark_is_confirmed_all_the_same) {
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    slots.emplace(Slots::open(flash, test::small_table(), SlotId::b).value());
    ASSERT_TRUE(slots->confirm_running());
    EXPECT_EQ(slots->state(SlotId::b), SlotState::valid);
}

TEST_F(SlotsTest, rejecting_boots_the_other_slot) {
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    ASSERT_EQ(restart(), SlotId::b);
    ASSERT_TRUE(slots->reject_running());
    EXPECT_EQ(slots->state(SlotId::b), SlotState::invalid);
    EXPECT_EQ(restart(), SlotId::a);
}

TEST_F(SlotsTest, rejecting_the_only_image_is_refused) {
    EXPECT_EQ(slots->reject_running().error(), errors::slot_no_other) << "b was never entered";
    install(new_image);
    ASSERT_TRUE(slots->set_boot(SlotId::b));
    ASSERT_EQ(restart(), SlotId::b);
    ASSERT_TRUE(slots->confirm_running());
    ASSERT_TRUE(slots->erase(SlotId::a, 0, erase_unit));
    const auto before = flash.operations();
    EXPECT_EQ(slots->reject_running().error(), errors::slot_no_other);
    EXPECT_EQ(flash.operations(), before);
    EXPECT_EQ(restart(), SlotId::b);
}

TEST_F(SlotsTest, only_a_bootable_image_is_chosen) {
    auto damaged = new_image;
    damaged[2000] ^= 1;
    install(damaged);
    const auto before = flash.operations();
    EXPECT_EQ(slots->set_boot(SlotId::b).error(), errors::slot_bad_image);
    EXPECT_EQ(flash.operations(), before);
}

TEST_F(SlotsTest, the_running_slot_is_never_written) {
    EXPECT_EQ(slots->erase(SlotId::a, 0, erase_unit).error(), errors::slot_running);
    EXPECT_EQ(slots->program(SlotId::a, 0, Bytes(16)).error(), errors::slot_running);
}

TEST_F(SlotsTest, programs_are_whole_units_inside_the_slot) {
    ASSERT_TRUE(slots->erase(SlotId::b, 0, erase_block));
    EXPECT_EQ(slots->program(SlotId::b, 4, Bytes(16)).error(), errors::slot_alignment);
    EXPECT_EQ(slots->program(SlotId::b, 0, Bytes(20)).error(), errors::slot_alignment);
    EXPECT_EQ(slots->program(SlotId::b, 65536, Bytes(16)).error(), errors::slot_bounds);
    EXPECT_EQ(slots->program(SlotId::b, 65520, Bytes(32)).error(), errors::slot_bounds);
    EXPECT_EQ(slots->erase(SlotId::b, 16, erase_unit).error(), errors::slot_alignment);
    EXPECT_EQ(slots->erase(SlotId::b, 0, erase_block + erase_unit).error(), errors::slot_bounds);
    Bytes two(2);
    EXPECT_TRUE(slots->read(SlotId::b, 65534, two));
    EXPECT_EQ(slots->read(SlotId::b, 65535, two).error(), errors::slot_bounds);
    EXPECT_EQ(slots->read(SlotId::b, SIZE_MAX, two).error(), errors::slot_bounds);
}

TEST_F(SlotsTest, each_unit_is_programmed_once_between_erases) {
    ASSERT_TRUE(slots->erase(SlotId::b, 0, 2 * erase_unit));
    ASSERT_TRUE(slots->program(SlotId::b, 32, Bytes(16, 0xFF)));
    const auto again = slots->program(SlotId::b, 16, Bytes(48, 0x00));
    EXPECT_EQ(again.error(), errors::slot_not_erased) << "all ones were written there";
    EXPECT_EQ(again.error().detail(), 32);
    ASSERT_TRUE(slots->program(SlotId::b, 4096, Bytes(16, 0xFE)));
    // Another session knows by the contents.
    restart();
    EXPECT_EQ(slots->program(SlotId::b, 4096, Bytes(16, 0xFE)).error(), errors::slot_not_erased);
    ASSERT_TRUE(slots->erase(SlotId::b, 0, 2 * erase_unit));
    EXPECT_TRUE(slots->program(SlotId::b, 0, Bytes(8192, 0x00)));
    EXPECT_EQ(flash.overprograms(), 0U);
}

TEST_F(SlotsTest, loss_of_power_is_named_everywhere) {
    install(new_image);
    flash.power_off();
    Bytes four(4);
    EXPECT_EQ(slots->read(SlotId::b, 0, four).error(), errors::power_lost);
    EXPECT_EQ(slots->erase(SlotId::b, 0, erase_unit).error(), errors::power_lost);
    EXPECT_EQ(slots->program(SlotId::b, 8192, Bytes(16)).error(), errors::power_lost);
    EXPECT_EQ(slots->set_boot(SlotId::b).error(), errors::power_lost);
    EXPECT_EQ(slots->confirm_running().error(), errors::power_lost);
    EXPECT_EQ(slots->reject_running().error(), errors::power_lost);
    EXPECT_EQ(slots->state(SlotId::a), SlotState::undefined);
}

TEST(Slots, need_two_of_one_size_and_a_record) {
    MemoryStore store(test::small_flash);
    Flash flash(store);
    const auto open = [&](std::string_view text) {
        return Slots::open(flash, PartitionTable::parse(text, test::small_flash).value(), SlotId::a).error();
    };
    EXPECT_EQ(open("a, app, ota_0, 0x10000, 64K\nb, app, ota_1, , 64K"), errors::partition_missing);
    EXPECT_EQ(open("o, data, ota, , 8K\na, app, ota_0, 0x10000, 64K"), errors::partition_missing);
    EXPECT_EQ(open("o, data, ota, , 8K\nb, app, ota_1, 0x10000, 64K"), errors::partition_missing);
    EXPECT_EQ(open("o, data, ota, , 8K\na, app, ota_0, 0x10000, 64K\nb, app, ota_1, , 32K"),
              errors::partition_alignment);
}

}  // namespace
}  // namespace esb::vchip
