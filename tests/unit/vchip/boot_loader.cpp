#include "host/vchip/boot_loader.hpp"

#include "support/vchip_flash.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

using chip::SlotId;
using chip::SlotState;
using enum chip::SlotState;

// An entry before the boot: sequence 0 stands for an erased one.
struct Given {
    std::uint32_t sequence = 0;
    SlotState state = undefined;
    bool broken_crc = false;
};

struct Decision {
    const char* why;
    Given first, second;
    bool image_a, image_b;
    // What must follow; no slot: nothing boots.
    std::optional<SlotId> slot;
    SlotState state = undefined;
    SlotState first_after = undefined, second_after = undefined;
};

constexpr auto A = SlotId::a;
constexpr auto B = SlotId::b;

const Decision decisions[] = {
    // The factory-flashed chip: slot a, entered as valid.
    {"erased record", {}, {}, true, true, A, valid, valid, undefined},
    {"erased record, only b holds an image", {}, {}, false, true, B, valid, valid, undefined},
    {"erased record, no image", {}, {}, false, false, {}, undefined, undefined, undefined},
    {"both entries torn", {1, valid, true}, {2, valid, true}, true, true, A, undefined, valid, valid},
    // Confirmed firmware.
    {"valid a", {1, valid}, {}, true, true, A, valid, valid, undefined},
    {"valid b over valid a", {1, valid}, {2, valid}, true, true, B, valid, valid, valid},
    {"valid a over valid b", {3, valid}, {2, valid}, true, true, A, valid, valid, valid},
    {"a state nobody knows counts as good", {1, valid}, {2, undefined}, true, true, B, undefined, valid, undefined},
    // The trial.
    {"fresh b", {1, valid}, {2, fresh}, true, true, B, pending_verify, valid, pending_verify},
    {"fresh a", {3, fresh}, {2, valid}, true, true, A, pending_verify, pending_verify, valid},
    {"unconfirmed b", {1, valid}, {2, pending_verify}, true, true, A, valid, valid, aborted},
    {"unconfirmed a", {3, pending_verify}, {2, valid}, true, true, B, valid, aborted, valid},
    {"both unconfirmed", {1, pending_verify}, {2, pending_verify}, true, true, A, aborted, aborted, aborted},
    // Given up.
    {"aborted b", {1, valid}, {2, aborted}, true, true, A, valid, valid, aborted},
    {"invalid b", {1, valid}, {2, invalid}, true, true, A, valid, valid, invalid},
    {"both given up", {1, invalid}, {2, aborted}, true, true, A, invalid, invalid, aborted},
    {"both given up, only b holds an image", {1, invalid}, {2, aborted}, false, true, B, aborted, invalid, aborted},
    {"aborted a beside an erased entry", {1, aborted}, {}, true, true, A, aborted, aborted, undefined},
    // A broken CRC hides an entry; alone it does not count as erased.
    {"torn choice of b", {1, valid}, {2, fresh, true}, true, true, A, valid, valid, fresh},
    {"torn beside aborted", {1, aborted}, {2, valid, true}, true, true, A, aborted, aborted, valid},
    // Images decide in the end.
    {"b is bad", {1, valid}, {2, valid}, true, false, A, valid, valid, valid},
    {"fresh b is bad", {1, valid}, {2, fresh}, true, false, A, valid, valid, pending_verify},
    {"a is bad", {1, valid}, {}, false, true, B, undefined, valid, undefined},
    {"no image at all", {1, valid}, {2, fresh}, false, false, {}, undefined, valid, pending_verify},
};

void write_given(BootRecord& record, std::size_t index, const Given& given) {
    if (given.sequence == 0) return;
    auto entry = BootEntry::make(given.sequence, given.state);
    if (given.broken_crc) entry.crc ^= 0x100;
    ASSERT_TRUE(record.write(index, entry));
}

TEST(BootLoader, decides_as_esp_idf_does) {
    for (const auto& decision : decisions) {
        SCOPED_TRACE(decision.why);
        MemoryStore store(test::small_flash);
        Flash flash(store);
        const auto image_a = test::make_image({.seq = 1});
        const auto image_b = test::make_image({.seq = 2, .body = 2000});
        if (decision.image_a) test::put_image(flash, A, image_a);
        if (decision.image_b) test::put_image(flash, B, image_b);
        auto record = test::boot_record(flash);
        write_given(record, 0, decision.first);
        write_given(record, 1, decision.second);

        const auto choice = boot(flash, test::small_table());
        if (decision.slot) {
            ASSERT_TRUE(choice);
            EXPECT_EQ(choice->slot, *decision.slot);
            EXPECT_EQ(choice->image_size, *decision.slot == A ? image_a.size() : image_b.size());
            EXPECT_EQ(choice->state, decision.state);
        } else {
            EXPECT_EQ(choice.error(), errors::boot_no_image);
        }
        const auto after = record.read();
        ASSERT_TRUE(after);
        EXPECT_EQ((*after)[0].slot_state(), decision.first_after);
        EXPECT_EQ((*after)[1].slot_state(), decision.second_after);
    }
}

class BootLoaderTest : public testing::Test {
protected:
    BootLoaderTest() {
        test::put_image(flash, A, test::make_image({.seq = 1}));
        test::put_image(flash, B, test::make_image({.seq = 2}));
    }
    MemoryStore store{test::small_flash};
    Flash flash{store};
    BootRecord record = test::boot_record(flash);
};

TEST_F(BootLoaderTest, a_confirmed_chip_boots_without_writing) {
    ASSERT_TRUE(boot(flash, test::small_table()));
    const auto before = flash.operations();
    ASSERT_TRUE(boot(flash, test::small_table()));
    EXPECT_EQ(flash.operations(), before);
}

TEST_F(BootLoaderTest, a_trial_gets_one_start) {
    ASSERT_TRUE(boot(flash, test::small_table()));
    ASSERT_TRUE(record.choose(B));
    EXPECT_EQ(boot(flash, test::small_table())->slot, B);
    EXPECT_EQ(boot(flash, test::small_table())->slot, A);
    EXPECT_EQ(boot(flash, test::small_table())->slot, A);
    EXPECT_EQ(record.state(B).value(), aborted);
}

TEST_F(BootLoaderTest, a_worn_record_does_not_stop_the_boot) {
    ASSERT_TRUE(record.write(0, BootEntry::make(1, valid)));
    ASSERT_TRUE(record.choose(B));
    flash.set_plan({{}, {flash.operations() + 1, flash.operations() + 2}});
    const auto choice = boot(flash, test::small_table());
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->slot, B);
}

TEST_F(BootLoaderTest, loss_of_power_ends_the_boot) {
    ASSERT_TRUE(record.write(0, BootEntry::make(1, valid)));
    ASSERT_TRUE(record.choose(B));
    flash.power_on();
    flash.set_plan({PowerCut{1, CutKind::after}, {}});
    EXPECT_EQ(boot(flash, test::small_table()).error(), errors::power_lost);
    EXPECT_EQ(boot(flash, test::small_table()).error(), errors::power_lost);
    flash.power_on();
    EXPECT_EQ(boot(flash, test::small_table())->slot, A) << "the choice was lost with its sector, the old one was not";
}

TEST_F(BootLoaderTest, needs_its_partitions) {
    const auto none = PartitionTable::parse("", test::small_flash).value();
    EXPECT_EQ(boot(flash, none).error(), errors::partition_missing);
    const auto one_slot = PartitionTable::parse("o, data, ota, , 8K\na, app, ota_0, 0x20000, 64K", test::small_flash);
    store = MemoryStore(test::small_flash);
    EXPECT_EQ(boot(flash, one_slot.value()).error(), errors::partition_missing);
}

}  // namespace
}  // namespace esb::vchip
