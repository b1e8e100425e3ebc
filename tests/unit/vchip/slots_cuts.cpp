// Power cuts at every flash operation of an update as the slots and the boot loader see it: download, choice, trial,
// confirmation, rejection. Recovery is the boot loader on a fresh flash.
#include "host/vchip/slots.hpp"

#include "support/cuts.hpp"
#include "support/vchip_flash.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;
using chip::SlotId;
using chip::SlotState;

enum class Way { confirm, reject, silence };

// An update from slot `from` to the other one.
class Update {
public:
    Update(SlotId from, Way way) : from_(from), way_(way) {}

    CutScenario scenario() {
        return {.prepare = [this] { return prepare(); },
                .run = [this](Flash& flash) { run(flash); },
                .check = [this](Flash& flash) { return check(flash); }};
    }

    // How the slot is chosen; replaced by the tests of bad ways.
    std::function<Status(Slots&, BootRecord&, SlotId)> choose = [](Slots& slots, BootRecord&, SlotId slot) {
        return slots.set_boot(slot);
    };

private:
    // How far the run is known to have come.
    enum class Stage { download, choosing, chosen, confirming, confirmed, rejected };

    MemoryStore prepare() const {
        MemoryStore store(test::small_flash);
        Flash flash(store);
        test::put_image(flash, from_, old_);
        test::put_image(flash, other(from_), test::make_image({.seq = 1, .body = 5000}));
        auto record = test::boot_record(flash);
        const bool from_b = from_ == SlotId::b;
        record.write(0, BootEntry::make(from_b ? 1 : 3, SlotState::valid)).value();
        record.write(1, BootEntry::make(2, SlotState::valid)).value();
        return store;
    }

    void run(Flash& flash) {
        stage_ = Stage::download;
        auto choice = boot(flash, test::small_table());
        if (!choice) return;
        auto slots = Slots::open(flash, test::small_table(), choice->slot).value();
        if (!download(slots)) return;
        stage_ = Stage::choosing;
        auto record = test::boot_record(flash);
        if (!choose(slots, record, other(from_))) return;
        stage_ = Stage::chosen;
        choice = boot(flash, test::small_table());
        if (!choice) return;
        auto trial = Slots::open(flash, test::small_table(), choice->slot).value();
        if (way_ == Way::confirm) {
            stage_ = Stage::confirming;
            if (trial.confirm_running()) stage_ = Stage::confirmed;
        }
        if (way_ == Way::reject && trial.reject_running()) stage_ = Stage::rejected;
        if (stage_ == Stage::confirmed || stage_ == Stage::rejected)
            static_cast<void>(boot(flash, test::small_table()));
    }

    Status download(Slots& slots) const {
        const SlotId to = other(from_);
        ESB_TRY(slots.erase(to, 0, erase_block));
        for (std::size_t at = 0; at < new_.size(); at += 1024) {
            const std::size_t count = std::min<std::size_t>(1024, new_.size() - at);
            ESB_TRY(slots.program(to, at, ConstBytes(new_).subspan(at, count)));
        }
        return {};
    }

    Verdict check(Flash& flash) {
        const auto first = boot(flash, test::small_table());
        if (!first) return "does not boot: " + std::string(first.error().name());
        const bool updated = first->slot != from_;
        if (updated && !runs_new_image(flash)) return "boots something else than the new image";
        if (updated && (stage_ < Stage::choosing)) return "boots an image nobody chose";
        if (updated && stage_ == Stage::rejected) return "boots a rejected image";
        if (!updated && stage_ == Stage::confirmed) return "a confirmed image reverted";
        if (updated && stage_ < Stage::confirming && first->state == SlotState::valid && !torn_choice(flash)) {
            return "an image counts as confirmed before its trial";
        }
        // Without confirmation the next start is the old image's, and it stays so.
        if (!reads_the_same(flash)) return {};
        const auto second = boot(flash, test::small_table());
        const auto third = boot(flash, test::small_table());
        if (!second || !third) return "does not boot a second time";
        if (first->state == SlotState::pending_verify && second->slot != from_) return "a trial got a second start";
        if (second->slot != third->slot) return "does not come to rest";
        return {};
    }

    // The CRC does not cover the state, so the entry whose programming was cut off may show any state.
    bool torn_choice(Flash& flash) const {
        const auto entries = test::boot_record(flash).read();
        const auto active = entries ? active_entry(*entries) : std::nullopt;
        return stage_ == Stage::choosing && active && (*entries)[*active].sequence >= 3;
    }

    // ESP-IDF's loader has no defense against an entry that reads differently each time: it obeys what it read.
    static bool reads_the_same(Flash& flash) {
        const auto bytes = [&flash] {
            const auto entries = test::boot_record(flash).read().value_or(BootEntries{});
            return std::array{entries[0].bytes(), entries[1].bytes()};
        };
        const auto first = bytes();
        for (int i = 0; i < 20; ++i) {
            if (bytes() != first) return false;
        }
        return true;
    }

    bool runs_new_image(Flash& flash) const {
        Bytes present(new_.size());
        const auto region = slot_region(flash, test::small_table(), other(from_)).value();
        return region.read(0, present) && present == new_;
    }

    const Bytes old_ = test::make_image({.seq = 2});
    const Bytes new_ = test::make_image({.seq = 3, .ver = "1.1.0", .body = 6000});
    SlotId from_;
    Way way_;
    Stage stage_ = Stage::download;
};

TEST(SlotsCuts, update_from_a_and_confirm) {
    Update update(SlotId::a, Way::confirm);
    EXPECT_TRUE(test::survives_cuts("update a -> b", update.scenario(), {.seeds = 24, .second_seeds = 8}));
}

TEST(SlotsCuts, update_from_b_and_confirm) {
    Update update(SlotId::b, Way::confirm);
    EXPECT_TRUE(test::survives_cuts("update b -> a", update.scenario(), {.seeds = 24, .second_seeds = 8}));
}

TEST(SlotsCuts, update_that_rejects_itself) {
    Update update(SlotId::a, Way::reject);
    EXPECT_TRUE(test::survives_cuts("rejected update", update.scenario(), {.seeds = 12, .second_seeds = 2}));
}

TEST(SlotsCuts, update_that_stays_silent) {
    Update update(SlotId::b, Way::silence);
    EXPECT_TRUE(test::survives_cuts("silent update", update.scenario(), {.seeds = 12, .second_seeds = 2}));
}

// What the two sectors are for: an entry written over the active one is lost in a cut.
TEST(SlotsCuts, a_record_written_in_place_is_caught) {
    Update update(SlotId::b, Way::confirm);
    update.choose = [](Slots&, BootRecord& record, SlotId slot) -> Status {
        ESB_TRY(record.write(1, BootEntry::make(0xFFFFFFFF, SlotState::undefined)));
        return record.write(0, BootEntry::make(slot == SlotId::a ? 3 : 4, SlotState::fresh));
    };
    EXPECT_FALSE(enumerate_cuts(update.scenario(), {.seeds = 4}).passed());
}

TEST(SlotsCuts, a_choice_without_trial_is_caught) {
    Update update(SlotId::a, Way::silence);
    update.choose = [](Slots&, BootRecord& record, SlotId slot) {
        return record.write(1, BootEntry::make(slot == SlotId::a ? 5 : 4, SlotState::valid));
    };
    EXPECT_FALSE(enumerate_cuts(update.scenario(), {.seeds = 4}).passed());
}

// ESP-IDF's window, copied faithfully: confirming erases the active entry, and until the new one stands the previous
// firmware is what boots.
TEST(SlotsCuts, a_cut_inside_confirmation_boots_the_previous_image) {
    MemoryStore store(test::small_flash);
    Flash flash(store);
    test::put_image(flash, SlotId::a, test::make_image({.seq = 1}));
    test::put_image(flash, SlotId::b, test::make_image({.seq = 2}));
    auto record = test::boot_record(flash);
    ASSERT_TRUE(record.write(0, BootEntry::make(1, SlotState::valid)));
    ASSERT_TRUE(record.choose(SlotId::b));
    ASSERT_EQ(boot(flash, test::small_table())->slot, SlotId::b);
    auto slots = Slots::open(flash, test::small_table(), SlotId::b).value();
    flash.power_on();
    flash.set_plan({PowerCut{1, CutKind::after}, {}});  // the erase is done, the program never comes
    EXPECT_EQ(slots.confirm_running().error(), errors::power_lost);
    flash.power_on();
    EXPECT_EQ(boot(flash, test::small_table())->slot, SlotId::a);
}

}  // namespace
}  // namespace esb::vchip
