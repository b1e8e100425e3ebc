// The power goes before, inside and after every flash operation of an update that brings data for partitions: whatever
// runs reads the data it came with, whole, and no other.
#include "esb/ota/errors.hpp"
#include "tests/support/cuts.hpp"
#include "tests/support/data_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;
using test::Conduct;
using test::DataRig;
using test::Image;
using test::some_data;

class DataCuts : public testing::Test {
protected:
    const Image first = test::make_image({.seq = 40, .ver = "1.2.0"});
    const Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 1000});
    const Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 2000});
    const Image old_page = some_data(9'000, 1);
    const Image new_page = some_data(13'001, 2);
    const Image learned = some_data(5'000, 3);

    struct Case {
        vchip::MemoryStore store{0};
        std::optional<Image> before;  // what the old image reads in www
        std::optional<Image> after;   // and the new one
        bool healthy = true;          // the new one
        std::function<void(DataRig&)> offer;
    };
    Case with_data() const {
        Case made;
        made.store = test::flash_with_data(first, old_image, old_page);
        made.before = old_page;
        made.after = new_page;
        made.offer = [this](DataRig& rig) { rig.offer(new_image, new_page); };
        return made;
    }
    static std::string judge(const Case& of, const Boot& boot, bool confirmed) {
        if (boot.end == BootEnd::no_image) return "nothing boots";
        if (boot.end == BootEnd::power_lost) return "";
        if (!boot.authorized) return "an unauthorized image runs";
        if (boot.seq == 41 && boot.www != of.before) return "the old image reads other data";
        if (boot.seq == 42 && boot.www != of.after) return "the new image reads other data";
        return confirmed && boot.seq != 42 ? "a confirmed image has reverted" : "";
    }
    void set_up(DataRig& rig, const Case& what) const {
        rig.allow(old_image);
        what.offer(rig);
        if (!what.healthy) rig.allow(new_image, Conduct::crashes_late);
    }
    void survive(const std::string& name, const Case& what, const vchip::CutOptions& options) const {
        bool confirmed = false;
        std::string wrong;
        vchip::CutScenario scenario;
        scenario.prepare = [&] { return what.store; };
        scenario.run = [&](vchip::Flash& flash) {
            DataRig rig(flash);
            set_up(rig, what);
            confirmed = false;
            wrong.clear();
            for (int i = 0; i < (what.healthy ? 2 : 6); ++i) {
                const auto boot = rig.boot();
                if (wrong.empty()) wrong = judge(what, boot, confirmed);
                if (boot.end == BootEnd::power_lost || boot.end == BootEnd::no_image) break;
                confirmed = confirmed || (boot.seq == 42 && boot.log.saw(State::confirmed));
                if (boot.end == BootEnd::settled) break;
            }
        };
        scenario.check = [&](vchip::Flash& flash) -> std::string {
            if (!wrong.empty()) return wrong;
            DataRig rig(flash);
            set_up(rig, what);
            Boot boot;
            for (int i = 0; i < (what.healthy ? 3 : 8); ++i) {
                boot = rig.boot();
                if (const auto bad = judge(what, boot, confirmed); !bad.empty()) return bad;
                if (boot.end == BootEnd::settled) break;
            }
            if (!what.healthy) return boot.seq == 41 ? "" : "the old image does not come back";
            if (boot.seq != 42 || boot.last.state != State::confirmed) return "not done within three clean boots";
            return boot.floor == 40 ? "" : "the floor did not rise";
        };
        EXPECT_TRUE(test::survives_cuts(name, scenario, options));
    }
};

TEST_F(DataCuts, image_and_data_change_together) {
    survive("data", with_data(), {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(DataCuts, a_device_that_came_without_has_none_or_all) {
    auto one = with_data();
    one.store = test::factory_flash(old_image, test::data_flash);
    one.before.reset();
    survive("first data", one, {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(DataCuts, data_that_is_left_out_is_gone_with_the_image) {
    auto one = with_data();
    one.after.reset();
    one.offer = [this](DataRig& rig) { rig.offer(new_image, {}); };
    survive("no data any more", one, {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(DataCuts, data_that_stays_is_copied) {
    auto one = with_data();
    one.after = old_page;
    one.offer = [this](DataRig& rig) { rig.offer(new_image, old_page); };
    survive("copied data", one, {.seeds = 2, .second_seeds = 1, .second_every = 60});
}

TEST_F(DataCuts, two_files_come_one_after_the_other) {
    auto one = with_data();
    one.offer = [this](DataRig& rig) { rig.offer(new_image, new_page, learned); };
    survive("two files", one, {.seeds = 1, .second_seeds = 1, .second_every = 60});
}

TEST_F(DataCuts, encrypted_data_too) {
    auto one = with_data();
    one.offer = [this](DataRig& rig) { rig.offer_encrypted(new_image, new_page); };
    survive("encrypted data", one, {.seeds = 1});
}

TEST_F(DataCuts, a_crash_in_the_trial_takes_the_data_back) {
    auto one = with_data();
    one.healthy = false;
    survive("crash in the trial", one, {.seeds = 1, .second_seeds = 1, .second_every = 120});
}

// Beyond one block of erase, so that downloads go on behind a mark.
TEST_F(DataCuts, data_of_several_blocks_goes_on_behind_its_mark) {
    auto one = with_data();
    const auto large = some_data(test::www_size, 4);
    one.after = large;
    one.offer = [this, large](DataRig& rig) { rig.offer(new_image, large); };
    survive("data of a whole partition", one, {.seeds = 1, .stride = 2});
}

}  // namespace
}  // namespace esb
