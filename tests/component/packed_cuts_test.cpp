// The power goes before, inside and after every flash operation of an update by smaller files.
#include "esb/ota/errors.hpp"
#include "tests/support/cuts.hpp"
#include "tests/support/packed_rig.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;
using test::PackedRig;

class PackedCuts : public testing::Test {
protected:
    using Prepare = std::function<void(PackedRig&)>;

    // What the servers have, made once: thousands of devices ask them.
    struct Offered {
        test::Image old_image;
        test::Image new_image;
        test::Image image_file;
        test::Image packed_file;
        test::Image delta_file;
        std::string message;
    };
    static Offered offered(std::size_t body, const Prepare& change) {
        Offered made;
        made.old_image = test::image_like_code({.seq = 41, .ver = "1.3.0", .body = body}, 1);
        made.new_image = test::next_image(made.old_image, {.seq = 42, .ver = "1.4.0"});
        vchip::MemoryStore store(test::large_flash);
        vchip::Flash flash(store);
        PackedRig rig(flash);
        rig.offer(made.old_image, made.new_image);
        change(rig);
        made.image_file = rig.server.file;
        made.packed_file = rig.packed.file;
        made.delta_file = rig.delta.file;
        made.message = rig.retained;
        return made;
    }
    static void set_up(PackedRig& rig, const Offered& what) {
        rig.allow(what.old_image);
        rig.allow(what.new_image);
        rig.server.file = what.image_file;
        rig.packed.file = what.packed_file;
        rig.delta.file = what.delta_file;
        rig.retained = what.message;
    }
    static std::string judge(const Boot& boot, bool confirmed) {
        if (boot.end == BootEnd::no_image) return "nothing boots";
        if (!boot.authorized) return "an unauthorized image runs";
        return confirmed && boot.seq != 42 ? "a confirmed image has reverted" : "";
    }
    static void survive(const std::string& what, const Offered& offer, const vchip::CutOptions& options) {
        bool confirmed = false;
        vchip::CutScenario scenario;
        scenario.prepare = [&] { return test::factory_flash(offer.old_image, test::large_flash); };
        scenario.run = [&](vchip::Flash& flash) {
            PackedRig rig(flash);
            set_up(rig, offer);
            confirmed = false;
            for (const auto& boot : rig.boot_until_settled(2)) {
                if (boot.end == BootEnd::power_lost || boot.end == BootEnd::no_image) break;
                confirmed = confirmed || boot.log.saw(State::confirmed);
            }
        };
        scenario.check = [&](vchip::Flash& flash) -> std::string {
            PackedRig rig(flash);
            set_up(rig, offer);
            Boot boot;
            for (int i = 0; i < 3; ++i) {
                boot = rig.boot();
                if (const auto wrong = judge(boot, confirmed); !wrong.empty()) return wrong;
                if (boot.end == BootEnd::settled) break;
            }
            if (boot.seq != 42 || boot.last.state != State::confirmed) return "not done within three clean boots";
            return boot.floor == 40 ? "" : "the floor did not rise";
        };
        EXPECT_TRUE(test::survives_cuts(what, scenario, options));
    }
    static void as_offered(PackedRig&) {}
    static void only_packed(PackedRig& rig) {
        rig.offered.from.clear();
        rig.publish();
    }
    static void encrypted(PackedRig& rig) {
        rig.offered.encrypted = true;
        rig.publish();
    }
    // In the last block.
    static void with_a_wrong_block(PackedRig& rig) { rig.delta.file[rig.delta.file.size() - 20] ^= 1; }
    static void of_another_image(PackedRig& rig) {
        auto other = rig.offered.image;
        other[other.size() / 2] ^= 1;
        rig.deliver_difference(cli::pack_image(other, rig.offered.from[0]));
    }
};

TEST_F(PackedCuts, a_difference_is_done_within_three_clean_boots) {
    survive("difference", offered(5000, as_offered), {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(PackedCuts, a_compressed_update_is_done_within_three_clean_boots) {
    survive("compressed", offered(5000, only_packed), {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(PackedCuts, an_encrypted_difference_is_done_within_three_clean_boots) {
    survive("encrypted difference", offered(5000, encrypted), {.seeds = 1, .second_seeds = 1, .second_every = 120});
}

TEST_F(PackedCuts, a_wrong_difference_ends_with_the_next_form_all_the_same) {
    survive("difference with a wrong block", offered(5000, with_a_wrong_block), {.seeds = 1});
    survive("difference of another image", offered(5000, of_another_image), {.seeds = 1});
}

// Several blocks: downloads go on behind a mark.
TEST_F(PackedCuts, an_update_of_several_blocks_is_done_within_three_clean_boots) {
    survive("difference of three blocks", offered(140'000, as_offered), {.seeds = 1, .stride = 3});
    survive("compressed, three blocks", offered(140'000, only_packed), {.seeds = 1, .stride = 3});
}

}  // namespace
}  // namespace esb
