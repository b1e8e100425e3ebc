// Updates that wait: for hours of the day, for somebody's word, for a stated time; what is said of them, what a restart and
// a loss of power leave, and that whatever waits is judged again in full.
#include "esb/ota/errors.hpp"
#include "tests/support/cuts.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

using namespace std::chrono_literals;
using ota::Hold;
using ota::State;
using ota::When;
using test::Boot;
using test::BootEnd;
using test::Manifest;

constexpr UnixTime noon{1'790'000'000 / 86400 * 86400 + 12 * 3600};  // UTC

struct WaitingUpdate : testing::Test {
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};

    WaitingUpdate() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
        rig.retained = rig.envelope(new_image, 40);
        rig.limit = 20s;
        rig.policy.when = When::ask;
        rig.policy.window = *DailyWindow::parse("02:00-04:00");
    }
    Boot boot_and(const std::function<Status(ota::Updater&)>& deed, const ErrorKind* error = nullptr) {
        rig.on_line = [&](ota::Updater& updater) {
            if (!rig.retained.empty()) static_cast<void>(updater.offer(as_bytes(rig.retained)));
            const auto outcome = deed(updater);
            ASSERT_EQ(outcome.has_value(), error == nullptr) << (outcome ? "" : outcome.error().name());
            if (error == nullptr) return;
            EXPECT_EQ(outcome.error(), *error);
        };
        auto boot = rig.boot();
        rig.on_line = nullptr;
        return boot;
    }
    void expect_waiting(const Boot& boot, Hold hold) {
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_EQ(name(boot.last.state), name(State::waiting));
        EXPECT_EQ(name(boot.last.hold), name(hold));
        EXPECT_EQ(rig.server.connections, 0) << "nothing is fetched";
    }
    void expect_updated(const Boot& boot) {
        EXPECT_EQ(boot.end, BootEnd::restart);
        EXPECT_EQ(rig.boot().last.state, State::confirmed);
    }
    void ask_by_window() {
        rig.policy.when = When::window;
        rig.wall = noon;
    }
};

TEST_F(WaitingUpdate, waits_for_a_word_over_restarts_without_the_broker) {
    expect_waiting(rig.boot(), Hold::ask);
    rig.retained.clear();
    for (int i = 0; i < 3; ++i) expect_waiting(rig.boot(), Hold::ask);
    expect_updated(boot_and([](ota::Updater& u) { return u.obey("install"); }));
}

TEST_F(WaitingUpdate, that_is_wanted_goes_on_after_a_loss_of_power_without_asking_again) {
    rig.server.bytes_a_second = 600;
    rig.limit = 8s;
    EXPECT_EQ(boot_and([](ota::Updater& u) { return u.install(); }).last.state, State::downloading);
    rig.server.bytes_a_second = 0;
    rig.retained.clear();
    rig.limit = 1min;
    expect_updated(rig.boot());
}

TEST_F(WaitingUpdate, that_comes_again_changes_nothing_and_a_word_without_one_is_refused) {
    boot_and([&](ota::Updater& u) {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(u.offer(as_bytes(rig.retained)));
        EXPECT_TRUE(u.is_waiting());
        return Status();
    });
    rig.retained.clear();
    boot_and([](ota::Updater& u) { return u.cancel(); });
    for (const auto* word : {"install", "skip", "postpone 1h"}) {
        boot_and([&](ota::Updater& u) { return u.obey(word); }, &errors::ota_nothing_waits);
    }
}

TEST_F(WaitingUpdate, takes_no_other_word) {
    boot_and([](ota::Updater& u) {
        for (const auto* word : {"", "Install", "install ", "postpone", "postpone ", "postpone 0s", "postpone 367d",
                                 "postpone 2 h", "skip 1.4.0", "now"}) {
            const auto outcome = u.obey(word);
            EXPECT_TRUE(!outcome && outcome.error() == errors::ota_word) << word;
        }
        return Status();
    });
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, is_announced_again_when_its_postponement_is_over) {
    rig.wall = noon;
    const auto boot = boot_and([](ota::Updater& u) { return u.obey("postpone 10s"); });
    expect_waiting(boot, Hold::ask);
    const auto postponed = std::find_if(boot.log.reports.begin(), boot.log.reports.end(),
                                        [](const auto& report) { return report.hold == Hold::postponed; });
    ASSERT_NE(postponed, boot.log.reports.end());
    EXPECT_EQ(postponed->until, noon + 12s);
}

TEST_F(WaitingUpdate, is_told_to_be_postponed_at_once) {
    std::optional<Instant> told;
    rig.watch = [&](ota::Updater& updater) {
        if (!told && updater.progress().hold == Hold::postponed) told = rig.world.now();
        return false;
    };
    Instant said;
    boot_and([&](ota::Updater& updater) {
        said = rig.world.now();
        return updater.postpone(1h);
    });
    ASSERT_TRUE(told);
    EXPECT_LE(*told - said, 1s);
}

TEST_F(WaitingUpdate, stays_postponed_over_restarts_until_the_stated_time) {
    rig.wall = noon;
    expect_waiting(boot_and([](ota::Updater& u) { return u.postpone(2h); }), Hold::postponed);
    rig.wall = noon + 1h;
    expect_waiting(rig.boot(), Hold::postponed);
    rig.wall = std::nullopt;
    expect_waiting(rig.boot(), Hold::postponed);
    rig.wall = noon + 3h;
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, that_is_postponed_without_a_clock_begins_its_time_anew_with_each_start) {
    expect_waiting(boot_and([](ota::Updater& u) { return u.postpone(30s); }), Hold::postponed);
    expect_waiting(rig.boot(), Hold::postponed);
    rig.limit = 40s;
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, that_is_postponed_can_be_wanted_all_the_same) {
    boot_and([](ota::Updater& u) { return u.postpone(24h); });
    expect_updated(boot_and([](ota::Updater& u) { return u.install(); }));
}

TEST_F(WaitingUpdate, is_installed_when_its_window_opens) {
    ask_by_window();
    rig.wall = noon + 13h + 59min;  // 01:59 UTC
    expect_waiting(rig.boot(), Hold::window);
    rig.retained.clear();
    rig.limit = 5min;
    rig.watch = [&](ota::Updater& updater) {
        updater.healthy();
        return false;
    };
    expect_updated(rig.boot());
    EXPECT_GE(rig.world.now() - Instant{}, 60s);
}

TEST_F(WaitingUpdate, is_installed_at_once_in_an_open_window_of_local_time) {
    ask_by_window();
    rig.policy.zone = *TimeZone::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    rig.policy.window = *DailyWindow::parse("14:00-14:01");  // September: two hours ahead
    expect_updated(rig.boot());
}

TEST_F(WaitingUpdate, has_no_window_while_nobody_knows_the_time) {
    ask_by_window();
    rig.policy.window = *DailyWindow::parse("00:00-24:00");
    rig.wall = std::nullopt;
    expect_waiting(rig.boot(), Hold::clock);
    rig.wall = noon;
    expect_updated(rig.boot());
}

TEST_F(WaitingUpdate, does_not_begin_in_a_window_in_which_the_network_is_off) {
    ask_by_window();
    expect_waiting(rig.boot(), Hold::window);
    rig.policy.window = *DailyWindow::parse("00:00-24:00");
    rig.allow(old_image, test::Conduct::silent);
    expect_waiting(rig.boot(), Hold::window);
    rig.allow(old_image);
    expect_updated(rig.boot());
}

TEST_F(WaitingUpdate, looks_soon_again_while_nobody_knows_the_time) {
    ask_by_window();
    rig.policy.window = *DailyWindow::parse("00:00-24:00");
    rig.wall = std::nullopt;
    rig.limit = 10min;
    const Instant begun = rig.world.now();
    rig.watch = [&](ota::Updater& updater) {
        if (rig.world.now() > begun + 5min) rig.world.clock().set_wall(noon);
        updater.healthy();
        return false;
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
}

// The network may still be on its way.
TEST_F(WaitingUpdate, that_is_wanted_without_a_network_gives_it_some_time) {
    expect_waiting(rig.boot(), Hold::ask);
    rig.retained.clear();
    rig.allow(old_image, test::Conduct::silent);
    rig.begun = [](ota::Updater& updater) { EXPECT_TRUE(updater.obey("install")); };
    rig.limit = ota::network_grace - 1s;
    static_cast<void>(rig.boot());
    EXPECT_EQ(rig.server.connections, 0);
    rig.begun = nullptr;
    rig.limit = ota::network_grace + 5s;
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.server.connections, 1);
}

TEST_F(WaitingUpdate, waits_no_longer_when_the_policy_says_now) {
    expect_waiting(rig.boot(), Hold::ask);
    rig.retained.clear();
    boot_and([](ota::Updater& u) {
        u.policy().when = When::now;
        u.look_again();
        return Status();
    });
    EXPECT_EQ(rig.server.connections, 1);
}

TEST_F(WaitingUpdate, is_judged_by_the_keys_hosts_floor_and_time_of_when_it_is_installed) {
    const auto install = [](ota::Updater& u) { return u.install(); };
    auto manifest = Manifest::of(new_image, 40);
    manifest.more = ",\"exp\":" + std::to_string(noon.count() + 3600);
    rig.retained = rig.envelope(manifest);
    rig.wall = noon;
    expect_waiting(rig.boot(), Hold::ask);
    rig.policy.hosts = *FixedString<255>::from("another.example");
    const auto kept = rig.retained;
    rig.retained.clear();
    EXPECT_TRUE(boot_and(install).refused(errors::ota_host));
    rig.policy.hosts = {};
    rig.retained = kept;
    expect_waiting(rig.boot(), Hold::ask);
    rig.retained.clear();
    rig.wall = noon + 1h;
    EXPECT_TRUE(rig.boot().refused(errors::ota_expired)) << "whoever is asked is asked for what can still be had";
    rig.wall = noon;
    EXPECT_EQ(rig.boot().last.state, State::idle);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(WaitingUpdate, is_not_hidden_by_a_bad_message) {
    rig.settles_on_failure = false;
    const auto boot = boot_and([](ota::Updater& u) {
        EXPECT_FALSE(u.offer(as_bytes("rubbish")));
        EXPECT_EQ(u.progress().state, State::failed);
        return Status();
    });
    expect_waiting(boot, Hold::ask);
}

TEST_F(WaitingUpdate, is_replaced_by_the_same_version_signed_anew_and_asks_anew) {
    boot_and([](ota::Updater& u) { return u.postpone(24h); });
    auto manifest = Manifest::of(new_image, 40);
    manifest.more = ",\"exp\":2000000000";
    rig.retained = rig.envelope(manifest);
    expect_waiting(rig.boot(), Hold::ask);
    manifest.seq = 40;
    rig.settles_on_failure = false;
    rig.retained = rig.envelope(manifest);
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, is_asked_for_anew_when_it_comes_again_after_its_download_was_cancelled_by_a_cut) {
    rig.server.bytes_a_second = 600;
    rig.limit = 8s;
    EXPECT_EQ(boot_and([](ota::Updater& u) { return u.install(); }).last.state, State::downloading);
    const auto connections = rig.server.connections;
    // The record of the message is gone, that of the wish is not.
    rig.before_begin = [](chip::KeyValue& values) { EXPECT_TRUE(values.remove(ota::record_keys::job)); };
    const auto boot = rig.boot();
    EXPECT_EQ(boot.last.state, State::waiting);
    rig.before_begin = nullptr;
    EXPECT_EQ(rig.boot().last.state, State::waiting) << "also after a restart";
    EXPECT_EQ(rig.server.connections, connections);
}

TEST_F(WaitingUpdate, gives_way_to_a_signed_roll_back) {
    rig.policy.when = When::now;
    rig.limit = 5min;
    expect_updated(rig.boot());
    const auto newest = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    rig.allow(newest);
    rig.policy.when = When::ask;
    rig.limit = 20s;
    rig.retained = rig.envelope(newest, 40);
    EXPECT_EQ(rig.boot().last.state, State::waiting);
    rig.retained = rig.signer.envelope("esb-command", R"({"cmd":"rollback","ctr":1})");
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.retained.clear();
    const auto back = rig.boot();
    EXPECT_EQ(back.seq, 41U);
    EXPECT_EQ(back.last.state, State::confirmed);
}

TEST_F(WaitingUpdate, that_was_skipped_is_offered_again_after_a_word_of_the_owner) {
    EXPECT_TRUE(boot_and([](ota::Updater& u) { return u.skip(); }).refused(errors::ota_skipped));
    EXPECT_TRUE(rig.boot().refused(errors::ota_skipped));
    rig.on_line = [](ota::Updater& u) { EXPECT_TRUE(u.cancel()) << "which is the operator's"; };
    EXPECT_TRUE(rig.boot().refused(errors::ota_skipped));
    rig.on_line = [](ota::Updater& u) { EXPECT_TRUE(u.forget_failures()); };
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, that_is_newer_is_asked_for_whatever_was_said_of_the_one_before) {
    const auto newest = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    rig.allow(newest);
    rig.server.file = newest;
    const auto boot = boot_and([&](ota::Updater& u) {
        rig.retained.clear();
        EXPECT_TRUE(u.install());
        return u.offer(as_bytes(rig.envelope(newest, 40)));
    });
    expect_waiting(boot, Hold::ask);
    EXPECT_EQ(boot.last.ver, "1.5.0");
}

TEST_F(WaitingUpdate, stays_when_there_is_no_room_for_the_one_that_would_replace_it) {
    const auto newest = rig.envelope(test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000}), 40);
    rig.settles_on_failure = false;
    const auto full = [&](ota::Updater& u) {
        rig.retained.clear();
        rig.put_fault = [](std::string_view key) { return key == ota::record_keys::job ? &errors::kv_full : nullptr; };
        const auto outcome = u.offer(as_bytes(newest));
        EXPECT_EQ(u.progress().error, Error(errors::kv_full)) << "who sent it hears why";
        return outcome;
    };
    const auto boot = boot_and(full, &errors::kv_full);
    expect_waiting(boot, Hold::ask);
    EXPECT_EQ(boot.last.ver, "1.4.0");
    rig.put_fault = nullptr;
    EXPECT_EQ(rig.boot().last.ver, "1.4.0");
}

TEST_F(WaitingUpdate, is_postponed_no_longer_than_was_said_when_the_clock_was_ahead) {
    rig.wall = noon + std::chrono::hours(24 * 3650);
    expect_waiting(boot_and([](ota::Updater& u) { return u.postpone(2h); }), Hold::postponed);
    rig.retained.clear();
    rig.wall = noon;
    rig.limit = 1h;
    expect_waiting(rig.boot(), Hold::postponed);
    rig.limit = 2h + 1min;
    expect_waiting(rig.boot(), Hold::ask);
}

TEST_F(WaitingUpdate, does_not_miss_the_window_that_summer_time_brings_nearer) {
    ask_by_window();
    rig.policy.zone = *TimeZone::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    rig.policy.window = *DailyWindow::parse("03:00-03:15");
    rig.wall = UnixTime(1'806'192'000) + 50min;  // March 28 of 2027, 01:50 CET; at 02:00 it will be 03:00
    rig.limit = 15min;
    rig.watch = [](ota::Updater& updater) {
        updater.healthy();
        return false;
    };
    expect_updated(rig.boot());
    EXPECT_GE(rig.world.now() - Instant{}, 10min);
}

TEST_F(WaitingUpdate, waits_on_when_the_chip_refuses_an_image_that_was_uploaded) {
    const auto newest = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    auto bundle = rig.envelope(newest, 40) + "\n";
    bundle.append(newest.begin(), newest.end());
    rig.set_boot_fault = [] { return &errors::slot_bad_image; };
    rig.settles_on_failure = false;
    expect_waiting(boot_and([&](ota::Updater& u) {
                       rig.retained.clear();
                       EXPECT_TRUE(u.begin_upload(static_cast<std::uint32_t>(bundle.size())));
                       EXPECT_TRUE(u.upload_piece(as_bytes(bundle)));
                       return u.end_upload();
                   }),
                   Hold::ask);
    rig.set_boot_fault = {};
    expect_waiting(rig.boot(), Hold::ask);
    expect_updated(boot_and([](ota::Updater& u) { return u.install(); }));
}

// By who may say words and repeat messages, and sign nothing.
TEST_F(WaitingUpdate, cannot_be_made_to_wear_the_flash_out) {
    auto manifest = Manifest::of(new_image, 40);
    manifest.more = ",\"exp\":2000000000";
    const std::string again[] = {rig.retained, rig.envelope(manifest)};
    rig.settles_on_failure = false;
    int messages = 0;
    int words = 0;
    rig.put_fault = [&](std::string_view key) {
        messages += key == ota::record_keys::job ? 1 : 0;
        words += key == ota::record_keys::wait ? 1 : 0;
        return static_cast<const ErrorKind*>(nullptr);
    };
    expect_waiting(boot_and([&](ota::Updater& u) {
                       for (std::size_t i = 0; i < 100; ++i) static_cast<void>(u.offer(as_bytes(again[i % 2])));
                       return Status();
                   }),
                   Hold::ask);
    EXPECT_GT(messages, 2);
    EXPECT_LE(messages, 12);
    expect_waiting(boot_and([&](ota::Updater& u) {
                       for (int i = 0; i < 9; ++i) EXPECT_TRUE(u.postpone(1h));
                       for (int i = 0; i < 100; ++i) static_cast<void>(u.postpone(2h));
                       EXPECT_EQ(u.postpone(2h).error(), errors::busy);
                       return Status();
                   }),
                   Hold::postponed);
    EXPECT_LE(words, 10);
}

// The power goes while an update waits, is wanted, and runs. It is never installed without a word, and done once there was
// one.
TEST_F(WaitingUpdate, survives_every_cut_and_never_begins_without_a_word) {
    bool said = false;
    const auto set_up = [&](test::UpdateRig& with) {
        with.allow(old_image);
        with.allow(new_image);
        with.server.file = new_image;
        with.policy.when = When::ask;
        with.limit = 5min;
    };
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& chip) {
        said = false;
        test::UpdateRig with(chip);
        set_up(with);
        with.retained = rig.retained;
        static_cast<void>(with.boot());
        if (!chip.powered()) return;
        static_cast<void>(with.boot());  // it waits
        if (!chip.powered()) return;
        with.on_line = [&](ota::Updater& updater) {
            said = true;
            static_cast<void>(updater.install());
        };
        static_cast<void>(with.boot());
        with.on_line = nullptr;
        if (chip.powered()) static_cast<void>(with.boot());
    };
    scenario.check = [&](vchip::Flash& chip) -> std::string {
        test::UpdateRig with(chip);
        set_up(with);
        with.retained = rig.retained;
        if (!said) {
            const auto boot = with.boot();
            if (boot.seq != 41 || !boot.authorized) return "another image runs before anybody wanted it";
            if (boot.last.state != State::waiting) return "the update does not wait";
            if (with.server.connections != 0) return "something was fetched before anybody wanted it";
            return {};
        }
        with.on_line = [](ota::Updater& updater) { static_cast<void>(updater.install()); };
        Boot boot;
        for (int i = 0; i < 3; ++i) {
            boot = with.boot();
            if (boot.end == BootEnd::no_image) return "nothing boots";
            if (!boot.authorized) return "an unauthorized image runs";
            if (boot.seq == 42 && boot.end == BootEnd::settled) break;
        }
        if (boot.seq != 42 || boot.last.state != State::confirmed) return "not done within three clean boots";
        return boot.floor == 40 ? "" : "the floor did not rise";
    };
    EXPECT_TRUE(test::survives_cuts("waiting update", scenario, {.seeds = 1, .second_seeds = 1, .second_every = 20}));
}

// The power goes while the owner skips: the version is skipped, or waits.
TEST_F(WaitingUpdate, survives_every_cut_while_it_is_postponed_and_skipped) {
    bool skipped = false;
    const auto set_up = [&](test::UpdateRig& with) {
        with.allow(old_image);
        with.allow(new_image);
        with.policy.when = When::ask;
        with.limit = 10s;
        with.retained = rig.retained;
    };
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& chip) {
        skipped = false;
        test::UpdateRig with(chip);
        set_up(with);
        static_cast<void>(with.boot());
        if (!chip.powered()) return;
        with.on_line = [&](ota::Updater& updater) {
            static_cast<void>(updater.postpone(1h));
            skipped = updater.skip().has_value();
        };
        static_cast<void>(with.boot());
    };
    scenario.check = [&](vchip::Flash& chip) -> std::string {
        test::UpdateRig with(chip);
        set_up(with);
        const auto boot = with.boot();
        if (boot.seq != 41 || with.server.connections != 0) return "something was installed or fetched";
        const bool refused = boot.refused(errors::ota_skipped);
        if (skipped && !refused) return "what was skipped is offered again";
        return refused || boot.last.state == State::waiting ? "" : "neither skipped nor waiting";
    };
    EXPECT_TRUE(test::survives_cuts("skipped update", scenario, {.seeds = 1, .second_seeds = 1, .second_every = 20}));
}

}  // namespace
}  // namespace esb
