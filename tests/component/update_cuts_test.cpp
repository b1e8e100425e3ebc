// The power goes before, inside and after every flash operation of an update, the boot loader's included.
#include "esb/ota/errors.hpp"
#include "tests/support/bundle.hpp"
#include "tests/support/cuts.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;
using test::Conduct;

// What the run has seen and recovery must not undo.
struct Promises {
    std::uint32_t floor = 0;
    bool confirmed = false;
};

class UpdateCuts : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    Promises notes;

    void set_up(test::UpdateRig& rig, Conduct conduct) {
        rig.allow(old_image);
        rig.allow(new_image, conduct);
        rig.server.file = new_image;
        rig.retained = envelope;
    }
    // Boots as the story goes, until it settles or the power is gone.
    void run(test::UpdateRig& rig, std::size_t most) {
        for (std::size_t i = 0; i < most; ++i) {
            const Boot boot = rig.boot();
            if (boot.end == BootEnd::no_image || boot.end == BootEnd::power_lost) return note(boot);
            note(boot);
            if (boot.end == BootEnd::settled) return;
        }
    }
    void note(const Boot& boot) {
        for (const auto& report : boot.log.reports) {
            if (report.state == State::confirmed && !report.error) notes = {floor, true};
        }
    }
    // The invariants of every boot after a cut.
    std::string judge(const Boot& boot) const {
        if (boot.end == BootEnd::no_image) return "nothing boots";
        if (!boot.authorized) return "an unauthorized image runs";
        if (boot.seq != 41 && boot.seq != 42) return "a foreign image runs";
        if (notes.confirmed && boot.seq != 42) return "a confirmed image has reverted";
        if (boot.end != BootEnd::crash && boot.floor < notes.floor) return "the floor fell";
        if (boot.end != BootEnd::crash && boot.seq < boot.floor) return "an image below the floor runs";
        return {};
    }

    vchip::CutScenario good_update() {
        vchip::CutScenario scenario;
        scenario.prepare = [this] { return test::factory_flash(old_image); };
        scenario.run = [this](vchip::Flash& flash) {
            notes = {};
            test::UpdateRig rig(flash);
            set_up(rig, Conduct::healthy);
            run(rig, 2);
        };
        scenario.check = [this](vchip::Flash& flash) -> std::string {
            test::UpdateRig rig(flash);
            set_up(rig, Conduct::healthy);
            Boot boot;
            for (int i = 0; i < 3; ++i) {
                boot = rig.boot();
                if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
                if (boot.end == BootEnd::settled) break;
            }
            if (boot.seq != 42 || boot.last.state != State::confirmed) return "not done within three clean boots";
            if (boot.state != chip::SlotState::valid) return "not confirmed";
            if (boot.floor != floor) return "the floor did not rise";
            for (int i = 0; i < 3; ++i) {
                if (rig.boot().seq != 42) return "it does not stay";
            }
            return {};
        };
        return scenario;
    }
    // The entry of the new image.
    static bool spoil_boot_record(vchip::Flash& flash) {
        const auto table = vchip::PartitionTable::parse(test::small_partitions, test::small_flash).value();
        const auto region = table.region(flash, vchip::PartitionType::data, vchip::subtype_otadata).value();
        const auto entries = vchip::BootRecord(region).read().value();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (entries[i].slot() != chip::SlotId::b || !entries[i].valid()) continue;
            const std::array<std::uint8_t, vchip::BootEntry::size> zeros{};
            return region.program(i * vchip::erase_unit, zeros).has_value();
        }
        return false;
    }
    void close_the_way_back() {
        floor = 42;
        envelope = signer.envelope("esb-update", test::Manifest::of(new_image, floor).json());
    }

    test::TestSigner& signer = test::shared_signer();
    std::uint32_t floor = 40;
    std::string envelope = signer.envelope("esb-update", test::Manifest::of(new_image, floor).json());
};

TEST_F(UpdateCuts, a_good_update_is_done_within_three_clean_boots) {
    EXPECT_TRUE(test::survives_cuts("good update", good_update(), {.seeds = 2, .second_seeds = 1, .second_every = 5}));
}

// Once the floor is above the old image not even a boot loader that obeys a torn boot record may run it.
TEST_F(UpdateCuts, an_update_that_closes_the_way_back_is_done_and_never_reopens_it) {
    close_the_way_back();
    EXPECT_TRUE(
        test::survives_cuts("closing update", good_update(), {.seeds = 2, .second_seeds = 1, .second_every = 4}));
}

// The boot loader has believed unstable cells, which say something else when the image is confirmed.
TEST_F(UpdateCuts, a_boot_record_that_was_read_by_luck_is_written_anew) {
    close_the_way_back();
    auto store = test::factory_flash(old_image);
    vchip::Flash flash(store);
    test::UpdateRig rig(flash);
    set_up(rig, Conduct::healthy);
    bool is_spoiled = false;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state == State::trial && !is_spoiled) is_spoiled = spoil_boot_record(flash);
        return false;
    };
    EXPECT_EQ(rig.boot_until_settled(2).back().last.state, State::confirmed);
    ASSERT_TRUE(is_spoiled);
    const Boot next = rig.boot();
    EXPECT_EQ(next.seq, 42U);
    EXPECT_EQ(next.state, chip::SlotState::valid);
}

// A floor that is lost counts as the running image's, which says nothing of the boot record.
TEST_F(UpdateCuts, a_confirmation_is_made_although_the_floor_was_lost_before_it) {
    auto store = test::factory_flash(old_image);
    vchip::Flash flash(store);
    test::UpdateRig rig(flash);
    set_up(rig, Conduct::healthy);
    rig.confirm_fault = [&] {
        flash.power_off();
        return &errors::power_lost;
    };
    EXPECT_EQ(rig.boot_until_settled(2).back().end, BootEnd::power_lost);
    flash.power_on();
    rig.confirm_fault = nullptr;
    rig.loader_goes_back = false;
    rig.before_begin = [](chip::KeyValue& records) {
        for (const auto* key : {"ota.floor.a", "ota.floor.b"}) EXPECT_TRUE(records.put(key, as_bytes("spoilt")));
    };
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_EQ(boot.state, chip::SlotState::valid);
}

TEST_F(UpdateCuts, a_legacy_update_is_done_within_three_clean_boots) {
    crypto::Md5 md5;
    md5.update(new_image);
    const std::string message = std::string(test::file_url) + "|" + test::hex(md5.finish());
    const auto prepare = [&](test::UpdateRig& rig) {
        set_up(rig, Conduct::healthy);
        rig.trusted.clear();
        rig.policy.legacy_md5 = true;
        rig.retained = message;
    };
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& flash) {
        notes = {};
        test::UpdateRig rig(flash);
        prepare(rig);
        run(rig, 2);
        notes.floor = 0;
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        prepare(rig);
        Boot boot;
        for (int i = 0; i < 3; ++i) {
            boot = rig.boot();
            if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
            if (boot.end == BootEnd::settled) break;
        }
        return boot.seq == 42 && boot.last.state == State::confirmed ? "" : "not done within three clean boots";
    };
    EXPECT_TRUE(test::survives_cuts("legacy update", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 10}));
}

TEST_F(UpdateCuts, a_crashing_update_ends_on_the_old_image) {
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& flash) {
        notes = {};
        test::UpdateRig rig(flash);
        set_up(rig, Conduct::crashes_late);
        run(rig, 5);
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        set_up(rig, Conduct::crashes_late);
        Boot boot;
        // At most three trials and the restarts between them; a cut may hide one trial's cause.
        for (int i = 0; i < 9; ++i) {
            boot = rig.boot();
            if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
            if (boot.seq == 41 && boot.end == BootEnd::settled) return {};
        }
        return "the old image does not come to rest";
    };
    EXPECT_TRUE(test::survives_cuts("crashing update", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 20}));
}

TEST_F(UpdateCuts, a_silent_update_ends_on_the_old_image) {
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    const auto patient = [&](test::UpdateRig& rig, Conduct conduct) {
        set_up(rig, conduct);
        rig.limit = std::chrono::seconds(70);
    };
    scenario.run = [&](vchip::Flash& flash) {
        notes = {};
        test::UpdateRig rig(flash);
        patient(rig, Conduct::silent);
        run(rig, 3);
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        patient(rig, Conduct::silent);
        Boot boot;
        // Three trials, the restarts between them, and starts in which the boot loader reads a hanging cell of the state so
        // that it leaves the new image where it is (docs/proof.md).
        for (int i = 0; i < 24; ++i) {
            boot = rig.boot();
            if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
            if (boot.seq == 41 && boot.end == BootEnd::settled) return {};
        }
        return "the old image does not come to rest";
    };
    EXPECT_TRUE(test::survives_cuts("silent update", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 20}));
}

// The person uploads once: after a cut either image may run, and a second upload always brings the new one.
TEST_F(UpdateCuts, an_upload_is_done_or_can_be_repeated) {
    const auto bundle = test::bundle_of(envelope, new_image);
    const auto uploads = [&](test::UpdateRig& rig) {
        set_up(rig, Conduct::healthy);
        rig.retained.clear();
        rig.on_line = [&](ota::Updater& updater) { static_cast<void>(test::upload(updater, bundle)); };
    };
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& flash) {
        notes = {};
        test::UpdateRig rig(flash);
        uploads(rig);
        run(rig, 2);
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        uploads(rig);
        Boot boot;
        for (int i = 0; i < 4; ++i) {
            boot = rig.boot();
            if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
            if (boot.end == BootEnd::settled && boot.seq == 42) break;
        }
        if (boot.seq != 42 || boot.floor != 40) return "not done within four clean boots";
        return boot.state == chip::SlotState::valid ? "" : "not confirmed";
    };
    EXPECT_TRUE(test::survives_cuts("upload", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 10}));
}

TEST_F(UpdateCuts, a_signed_roll_back_ends_on_either_confirmed_image) {
    vchip::CutScenario scenario;
    const std::string command = signer.envelope("esb-command", R"({"cmd":"rollback","ctr":1})");
    const auto prepare = [&](test::UpdateRig& rig) {
        set_up(rig, Conduct::healthy);
        rig.retained = command;
    };
    scenario.prepare = [&] {
        auto store = test::factory_flash(old_image);
        vchip::Flash flash(store);
        test::UpdateRig rig(flash);
        set_up(rig, Conduct::healthy);
        run(rig, 2);
        return store;
    };
    scenario.run = [&](vchip::Flash& flash) {
        test::UpdateRig rig(flash);
        prepare(rig);
        run(rig, 2);
        notes = {40, false};  // either image may run, but the floor stays
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        prepare(rig);
        Boot boot;
        for (int i = 0; i < 3; ++i) {
            boot = rig.boot();
            if (const auto wrong = judge(boot); !wrong.empty()) return wrong;
            if (boot.end == BootEnd::settled) return {};
        }
        return "not at rest within three clean boots";
    };
    EXPECT_TRUE(test::survives_cuts("signed roll-back", scenario, {.seeds = 2, .second_seeds = 1, .second_every = 5}));
}

TEST_F(UpdateCuts, a_key_rotation_leaves_the_old_or_the_new_key) {
    test::TestSigner second("second");
    const std::string rotation = signer.envelope("esb-keys", R"({"ver":2,"keys":[)" + second.jwk() + "]}");
    bool adopted = false;
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& flash) {
        adopted = false;
        test::UpdateRig rig(flash);
        set_up(rig, Conduct::healthy);
        rig.retained.clear();
        rig.on_line = [&](ota::Updater& updater) { adopted = updater.offer(as_bytes(rotation)).has_value(); };
        static_cast<void>(rig.boot());
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        set_up(rig, Conduct::healthy);
        rig.retained.clear();
        bool by_old = false;
        bool by_new = false;
        rig.on_line = [&](ota::Updater& updater) {
            const auto probe = [&](test::TestSigner& with) {
                const auto outcome = updater.offer(as_bytes(with.envelope("esb-command", R"({"cmd":"cancel"})")));
                return outcome.error() == errors::manifest_member;  // the signature was good
            };
            by_old = probe(signer);
            by_new = probe(second);
        };
        if (const auto wrong = judge(rig.boot()); !wrong.empty()) return wrong;
        if (by_old == by_new) return "not exactly one of the two keys counts";
        if (adopted && !by_new) return "an adopted key set is lost";
        return {};
    };
    EXPECT_TRUE(test::survives_cuts("key rotation", scenario, {.seeds = 2, .second_seeds = 1}));
}

}  // namespace
}  // namespace esb
