// One test for each row of the update engine's table, and the coverage of all of them.
#include "esb/ota/errors.hpp"
#include "esb/ota/records.hpp"
#include "esb/ota/slot_writer.hpp"
#include "esb/ota/states_text.hpp"
#include "failing_new.hpp"
#include "tests/support/bundle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace esb::ota {
namespace {

using test::Boot;
using test::BootEnd;
using test::Conduct;
using S = Step;
using E = Event;

// A device with firmware 41, an update to 42, and one to 43 that may overtake it.
struct World final : Witness {
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    const test::Image newest = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};
    const std::string message = rig.envelope(new_image, 40);
    const std::string newer_message = rig.envelope(newest, 40);
    const std::string bundle = test::bundle_of(message, new_image);
    std::vector<Row> taken;
    Status outcome;

    World() {
        rig.witness = this;
        rig.limit = std::chrono::minutes(10);
        rig.server.file = new_image;
        for (const auto* image : {&old_image, &new_image, &newest}) rig.allow(*image);
    }
    void on_row(const Row& row) override { taken.push_back(row); }
    bool took(S from, E event) const {
        return std::any_of(taken.begin(), taken.end(),
                           [&](const Row& row) { return row.from == from && row.event == event; });
    }

    using Deed = std::function<Status(Updater&)>;
    // Does it once, when the device is on line, and boots.
    Boot boot_and(const Deed& deed) {
        rig.on_line = [this, deed](Updater& updater) { outcome = deed(updater); };
        const auto boot = rig.boot();
        rig.on_line = nullptr;
        return boot;
    }
    // Does it before the first turn.
    Boot boot_and_at_once(const Deed& deed) {
        rig.begun = [this, deed](Updater& updater) { outcome = deed(updater); };
        const auto boot = rig.boot();
        rig.begun = nullptr;
        return boot;
    }
    // Does it once when the progress has this state.
    Boot boot_and_when(State state, const Deed& deed) {
        rig.watch = [this, deed, state, done = false](Updater& updater) mutable {
            if (!done && updater.progress().state == state) {
                done = true;
                outcome = deed(updater);
            }
            return false;
        };
        const auto boot = rig.boot();
        rig.watch = nullptr;
        return boot;
    }

    void download() {
        rig.retained = message;
        EXPECT_EQ(rig.boot().end, BootEnd::restart);
        rig.retained.clear();
    }
    // A download that a restart has interrupted.
    void to_waiting() {
        rig.retained = message;
        rig.server.bytes_a_second = 600;
        rig.limit = std::chrono::seconds(8);
        EXPECT_EQ(rig.boot().end, BootEnd::settled);
        rig.limit = std::chrono::minutes(10);
        rig.server.bytes_a_second = 0;
        rig.retained.clear();
    }
    // An update that waits for somebody's word.
    void to_hold() {
        rig.policy.when = When::ask;
        rig.limit = std::chrono::seconds(20);
        rig.retained = message;
        const auto boot = rig.boot();
        EXPECT_EQ(boot.last.state, State::waiting);
        EXPECT_EQ(boot.last.hold, Hold::ask);
        EXPECT_EQ(rig.server.connections, 0);
        rig.retained.clear();
    }
    // The next boot finds the record of a switch that was not made.
    void to_not_switched() {
        rig.set_boot_fault = [] { return &errors::flash_failed; };
        rig.retained = message;
        rig.watch = [](Updater& u) { return u.progress().state == State::verifying && u.progress().error; };
        EXPECT_EQ(rig.boot().end, BootEnd::settled);
        rig.watch = nullptr;
        rig.set_boot_fault = nullptr;
        rig.retained.clear();
    }
    // The next boot finds that it was being confirmed.
    void to_confirming() {
        download();
        rig.before_begin = [](chip::KeyValue& values) {
            Records records(values);
            auto trial = records.trial.load();
            ASSERT_TRUE(trial);
            trial->phase = TrialPhase::confirming;
            ASSERT_TRUE(records.trial.save(*trial));
        };
    }
    // The old image comes back after a trial that has crashed; `times` of them in all.
    void crash(int times = 1) {
        rig.allow(new_image, Conduct::crashes_late);
        download();
        EXPECT_EQ(rig.boot().end, BootEnd::crash);
        for (int i = 1; i < times; ++i) {
            EXPECT_EQ(rig.boot().end, BootEnd::restart);
            EXPECT_EQ(rig.boot().end, BootEnd::crash);
        }
    }
    // The new image has crashed, and is started once more by a boot loader that never goes back.
    void to_second_start() {
        rig.allow(new_image, Conduct::crashes_late);
        download();
        rig.loader_goes_back = false;
        EXPECT_EQ(rig.boot().end, BootEnd::crash);
    }
    void expect_updated(std::size_t boots = 2, std::uint32_t seq = 42) {
        const auto all = rig.boot_until_settled(boots);
        EXPECT_EQ(all.back().seq, seq);
        EXPECT_EQ(all.back().last.state, State::confirmed);
        EXPECT_FALSE(all.back().last.error);
    }
    void expect_overtaken(const Boot& boot) {
        EXPECT_TRUE(outcome) << outcome.error().name();
        EXPECT_EQ(boot.end, BootEnd::restart);
        expect_updated(1, 43);
    }
    void expect_cancelled(const Boot& boot) {
        EXPECT_TRUE(outcome);
        EXPECT_TRUE(boot.refused(errors::cancelled));
        EXPECT_EQ(boot.end, BootEnd::settled);
        const auto before = taken.size();
        rig.boot();
        ASSERT_EQ(taken.size(), before + 1);
        EXPECT_EQ(taken.back().event, E::nothing_found) << "nothing is left over";
    }
    Status offer_newest(Updater& updater) {
        rig.server.file = newest;
        return updater.offer(as_bytes(newer_message));
    }
    Status begin_upload(Updater& updater, std::size_t bytes) {
        ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(bundle.size())));
        return updater.upload_piece(as_bytes(std::string_view(bundle).substr(0, bytes)));
    }
    std::size_t image_at() const { return message.size() + 1; }
    std::string command(const std::string& verb) {
        return rig.signer.envelope("esb-command", R"({"cmd":")" + verb + R"(","ctr":1})");
    }
};

// Refuses the first `times` calls, or puts of a key.
test::HookedSlots::Hook first(int times, const ErrorKind& kind = errors::flash_failed) {
    return [left = times, &kind]() mutable { return left-- > 0 ? &kind : nullptr; };
}
test::HookedKeyValue::Hook first_puts(std::string_view of, int times) {
    return [=, left = times](std::string_view key) mutable -> const ErrorKind* {
        return key == of && left-- > 0 ? &errors::kv_full : nullptr;
    };
}
Status cancel(Updater& updater) { return updater.cancel(); }

struct Scenario {
    S from;
    E event;
    void (*run)(World&);
};

constexpr Scenario scenarios[] = {
    {S::starting, E::nothing_found,
     [](World& w) {
         EXPECT_EQ(w.rig.boot().last.state, State::idle);
         EXPECT_EQ(w.taken.size(), 1U);
     }},
    {S::starting, E::job_found,
     [](World& w) {
         w.to_waiting();
         w.expect_updated();
     }},
    {S::starting, E::put_off,
     [](World& w) {
         w.to_hold();
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.last.state, State::waiting);
         EXPECT_EQ(boot.last.ver, "1.4.0");
         EXPECT_EQ(boot.last.size, w.new_image.size());
         EXPECT_EQ(w.rig.server.connections, 0);
     }},
    {S::starting, E::not_switched,
     [](World& w) {
         w.to_not_switched();
         w.expect_updated();
         EXPECT_EQ(w.rig.server.connections, 1);
     }},
    {S::starting, E::trial_found,
     [](World& w) {
         w.download();
         EXPECT_TRUE(w.rig.boot().log.saw(State::trial));
     }},
    {S::starting, E::failure_found,
     [](World& w) {
         w.crash();
         EXPECT_EQ(w.rig.boot().log.error_of(State::rolled_back), Error(errors::ota_trial_crashed));
     }},
    {S::starting, E::confirmed,
     [](World& w) {
         w.to_confirming();
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.last.state, State::confirmed);
         EXPECT_EQ(boot.state, chip::SlotState::valid);
         EXPECT_FALSE(w.took(S::starting, E::trial_found));
     }},
    {S::starting, E::not_stored,
     [](World& w) {
         w.to_confirming();
         w.rig.put_fault = first_puts("ota.run", 1);
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.log.error_of(State::confirmed), Error(errors::kv_full));
         EXPECT_FALSE(boot.last.error);
     }},
    {S::starting, E::given_up,
     [](World& w) {
         w.to_second_start();
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.seq, 42U);
         EXPECT_EQ(boot.end, BootEnd::restart);
         EXPECT_EQ(boot.last.error, Error(errors::ota_trial_crashed));
     }},
    {S::starting, E::cannot_go_back,
     [](World& w) {
         w.to_second_start();
         w.rig.allow(w.new_image);
         w.rig.reject_fault = first(1, errors::slot_no_other);
         EXPECT_EQ(w.rig.boot().last.state, State::confirmed) << "it has become healthy after all";
     }},

    {S::idle, E::accepted,
     [](World& w) {
         w.download();
         EXPECT_EQ(w.rig.server.connections, 1);
     }},
    {S::idle, E::put_off, [](World& w) { w.to_hold(); }},
    {S::idle, E::upload_begun,
     [](World& w) {
         w.boot_and([](Updater& u) { return u.begin_upload(1000); });
         EXPECT_TRUE(w.outcome);
     }},
    {S::idle, E::roll_back,
     [](World& w) {
         w.download();
         w.expect_updated(1);
         w.rig.retained = w.command("rollback");
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart);
         w.rig.retained.clear();
         w.expect_updated(1, 41);
     }},

    {S::on_hold, E::allowed,
     [](World& w) {
         w.to_hold();
         EXPECT_EQ(w.boot_and([](Updater& u) { return u.install(); }).end, BootEnd::restart);
         EXPECT_TRUE(w.outcome);
         w.expect_updated(1);
     }},
    {S::on_hold, E::memory_short,
     [](World& w) {
         w.to_hold();
         w.rig.limit = std::chrono::minutes(10);
         std::optional<test::NoMemory> none;
         w.rig.watch = [&, told = false](Updater& u) mutable {
             if (told || !u.is_waiting()) return false;
             if (none && w.took(S::on_hold, E::memory_short)) {
                 none.reset();
                 told = true;
             } else if (!none && u.install()) {
                 none.emplace();
             }
             return false;
         };
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart) << "once there is memory again";
         w.rig.watch = nullptr;
         w.expect_updated(1);
     }},
    {S::on_hold, E::failed,
     [](World& w) {
         w.to_hold();
         w.boot_and([&w](Updater& u) {
             test::TestSigner second("second");
             EXPECT_TRUE(
                 u.offer(as_bytes(w.rig.signer.envelope("esb-keys", R"({"ver":2,"keys":[)" + second.jwk() + "]}"))));
             return u.install();
         });
         EXPECT_TRUE(w.outcome);
         EXPECT_EQ(w.rig.server.connections, 0) << "its key is not trusted any more";
         EXPECT_EQ(w.rig.boot().last.state, State::idle) << "nothing is left of it";
     }},
    {S::on_hold, E::skipped,
     [](World& w) {
         w.to_hold();
         EXPECT_TRUE(w.boot_and([](Updater& u) { return u.skip(); }).refused(errors::ota_skipped));
         w.rig.retained = w.message;
         EXPECT_TRUE(w.rig.boot().refused(errors::ota_skipped)) << "over restarts";
         w.rig.retained = w.newer_message;
         EXPECT_EQ(w.rig.boot().last.state, State::waiting) << "a later one is offered";
     }},
    {S::on_hold, E::upload_begun,
     [](World& w) {
         w.to_hold();
         w.rig.settles_on_failure = false;
         const auto boot = w.boot_and([&w](Updater& u) {
             EXPECT_TRUE(w.begin_upload(u, w.image_at() + 1));
             u.upload_lost();
             return Status();
         });
         EXPECT_EQ(boot.last.state, State::waiting) << "again, once the upload has failed";
         EXPECT_EQ(w.rig.boot().last.state, State::waiting) << "the message has stayed";
         EXPECT_EQ(w.boot_and([&w](Updater& u) { return test::upload(u, w.bundle); }).end, BootEnd::restart);
         w.expect_updated(1);
     }},
    {S::on_hold, E::superseded,
     [](World& w) {
         w.to_hold();
         const auto boot = w.boot_and([&w](Updater& u) { return w.offer_newest(u); });
         EXPECT_EQ(boot.last.ver, "1.5.0");
         EXPECT_EQ(boot.last.state, State::waiting);
         EXPECT_EQ(w.boot_and([](Updater& u) { return u.install(); }).end, BootEnd::restart);
         w.expect_updated(1, 43);
     }},
    {S::on_hold, E::cancelled,
     [](World& w) {
         w.to_hold();
         w.expect_cancelled(w.boot_and(cancel));
     }},

    {S::waiting, E::resumed,
     [](World& w) {
         w.to_waiting();
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart);
     }},
    {S::waiting, E::memory_short,
     [](World& w) {
         w.to_waiting();
         const auto before = w.rig.server.connections;
         w.rig.heap.free = 1000;
         EXPECT_EQ(w.rig.boot().last.state, State::downloading);
         EXPECT_EQ(w.rig.server.connections, before);
         w.rig.heap.free = 200'000;
         w.expect_updated();
     }},
    {S::waiting, E::failed,
     [](World& w) {
         w.to_waiting();
         w.rig.policy.hosts = *FixedString<255>::from("another.example");
         EXPECT_TRUE(w.rig.boot().refused(errors::ota_host));
     }},
    {S::waiting, E::superseded,
     [](World& w) {
         w.to_waiting();
         w.expect_overtaken(w.boot_and_at_once([&w](Updater& u) { return w.offer_newest(u); }));
     }},
    {S::waiting, E::cancelled,
     [](World& w) {
         w.to_waiting();
         w.expect_cancelled(w.boot_and_at_once(cancel));
     }},

    {S::downloading, E::written,
     [](World& w) {
         w.download();
         EXPECT_EQ(w.rig.server.body_bytes, w.new_image.size());
     }},
    {S::downloading, E::failed,
     [](World& w) {
         w.rig.server.status = 404;
         w.rig.retained = w.message;
         const auto boot = w.rig.boot();
         EXPECT_TRUE(boot.refused(errors::http_status));
         EXPECT_EQ(boot.last.host, "192.0.2.1");
     }},
    {S::downloading, E::superseded,
     [](World& w) {
         w.rig.server.bytes_a_second = 600;
         w.rig.retained = w.message;
         w.expect_overtaken(w.boot_and_when(State::downloading, [&w](Updater& u) {
             w.rig.server.bytes_a_second = 0;
             w.rig.retained.clear();
             return w.offer_newest(u);
         }));
     }},
    {S::downloading, E::cancelled,
     [](World& w) {
         w.rig.server.bytes_a_second = 600;
         w.rig.retained = w.message;
         const auto boot = w.boot_and_when(State::downloading, cancel);
         w.rig.retained.clear();
         w.expect_cancelled(boot);
     }},

    {S::announced, E::envelope_good,
     [](World& w) {
         const auto boot = w.boot_and([&w](Updater& u) { return w.begin_upload(u, w.image_at()); });
         EXPECT_TRUE(w.outcome);
         EXPECT_EQ(boot.last.state, State::downloading);
     }},
    {S::announced, E::failed,
     [](World& w) {
         const auto boot = w.boot_and([&w](Updater& u) {
             u.upload_lost();
             EXPECT_TRUE(w.begin_upload(u, w.image_at() - 1));
             u.upload_lost();
             return Status();
         });
         EXPECT_TRUE(boot.refused(errors::ota_upload_lost));
     }},
    {S::announced, E::cancelled,
     [](World& w) {
         w.expect_cancelled(w.boot_and([&w](Updater& u) {
             EXPECT_TRUE(w.begin_upload(u, w.image_at() - 1));
             return u.cancel();
         }));
     }},

    {S::uploading, E::written,
     [](World& w) {
         EXPECT_EQ(w.boot_and([&w](Updater& u) { return test::upload(u, w.bundle); }).end, BootEnd::restart);
         w.expect_updated(1);
     }},
    {S::uploading, E::failed,
     [](World& w) {
         const auto boot = w.boot_and([&w](Updater& u) {
             EXPECT_TRUE(w.begin_upload(u, w.image_at() + 1));
             u.upload_lost();
             return Status();
         });
         EXPECT_TRUE(boot.refused(errors::ota_upload_lost));
         EXPECT_EQ(boot.last.ver, "1.4.0");
     }},
    {S::uploading, E::cancelled,
     [](World& w) {
         w.expect_cancelled(w.boot_and([&w](Updater& u) {
             EXPECT_TRUE(w.begin_upload(u, w.image_at() + 1));
             return u.cancel();
         }));
     }},

    {S::verifying, E::switched,
     [](World& w) {
         w.download();
         w.expect_updated(1);
     }},
    {S::verifying, E::switch_failed,
     [](World& w) {
         w.rig.set_boot_fault = first(1);
         w.download();
         w.expect_updated(1);
     }},
    {S::verifying, E::memory_short,
     [](World& w) {
         w.to_not_switched();
         std::optional<test::NoMemory> none;
         w.rig.before_begin = [&](chip::KeyValue&) { none.emplace(); };
         const auto boot = w.boot_and_at_once([&](Updater& u) -> Status {
             none.reset();
             EXPECT_EQ(u.progress().state, State::verifying);
             EXPECT_EQ(u.progress().error, Error(errors::ota_heap));
             return {};
         });
         EXPECT_EQ(boot.end, BootEnd::restart) << "once there is memory again";
         w.rig.before_begin = nullptr;
         w.expect_updated(1);
     }},
    {S::verifying, E::wrong_hash,
     [](World& w) {
         w.rig.server.file.back() ^= 1;
         w.rig.server.on_connection = [&w](int number) {
             if (number > 1) w.rig.server.file = w.new_image;
         };
         w.download();
         w.expect_updated(1);
     }},
    {S::verifying, E::failed,
     [](World& w) {
         w.rig.set_boot_fault = first(1, errors::slot_bad_image);
         w.rig.retained = w.message;
         EXPECT_TRUE(w.rig.boot().refused(errors::slot_bad_image));
     }},
    {S::verifying, E::superseded,
     [](World& w) {
         w.to_not_switched();
         w.expect_overtaken(w.boot_and_at_once([&w](Updater& u) { return w.offer_newest(u); }));
     }},
    {S::verifying, E::cancelled,
     [](World& w) {
         w.to_not_switched();
         w.expect_cancelled(w.boot_and_at_once(cancel));
     }},

    {S::switch_later, E::time_up,
     [](World& w) {
         w.crash();
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart);
         EXPECT_EQ(w.rig.boot().seq, 42U);
     }},
    {S::switch_later, E::superseded,
     [](World& w) {
         w.crash();
         w.expect_overtaken(w.boot_and([&w](Updater& u) { return w.offer_newest(u); }));
     }},
    {S::switch_later, E::cancelled,
     [](World& w) {
         w.crash();
         w.expect_cancelled(w.boot_and(cancel));
     }},

    {S::went_back, E::again,
     [](World& w) {
         w.crash();
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart);
     }},
    {S::went_back, E::no_more,
     [](World& w) {
         w.crash(2);
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.last.state, State::rolled_back);
         w.rig.retained = w.message;
         EXPECT_TRUE(w.rig.boot().refused(errors::ota_quarantined));
     }},
    {S::went_back, E::superseded,
     [](World& w) {
         w.crash();
         w.expect_overtaken(w.boot_and_at_once([&w](Updater& u) { return w.offer_newest(u); }));
     }},
    {S::went_back, E::cancelled,
     [](World& w) {
         w.crash();
         w.expect_cancelled(w.boot_and_at_once(cancel));
     }},

    {S::on_trial, E::confirmed,
     [](World& w) {
         w.download();
         w.expect_updated(1);
     }},
    {S::on_trial, E::not_stored,
     [](World& w) {
         w.rig.put_fault = first_puts("ota.prev", 1);
         w.download();
         EXPECT_EQ(w.rig.boot().log.error_of(State::confirmed), Error(errors::kv_full));
     }},
    {S::on_trial, E::given_up,
     [](World& w) {
         w.rig.allow(w.new_image, Conduct::silent);
         w.download();
         const auto boot = w.rig.boot();
         EXPECT_EQ(boot.end, BootEnd::restart);
         EXPECT_EQ(boot.last.error, Error(errors::ota_trial_silent));
         EXPECT_EQ(w.rig.boot().seq, 41U);
     }},
    {S::on_trial, E::cannot_go_back,
     [](World& w) {
         w.rig.allow(w.new_image, Conduct::silent);
         w.rig.reject_fault = first(1, errors::slot_no_other);
         w.download();
         EXPECT_EQ(w.rig.boot().end, BootEnd::restart) << "after another while";
     }},

    {S::finish_later, E::confirmed,
     [](World& w) {
         w.rig.put_fault = first_puts("ota.run", 1);
         w.download();
         w.expect_updated(1);
     }},
    {S::finish_later, E::not_stored,
     [](World& w) {
         w.rig.put_fault = first_puts("ota.run", 3);
         w.download();
         w.expect_updated(1);
     }},
};

TEST(UpdateStates, every_row_has_a_test_that_takes_it) {
    std::size_t hit = 0;
    for (const auto& row : rows()) {
        SCOPED_TRACE(std::string(name(row.from)) + " + " + std::string(name(row.event)));
        const auto* scenario = std::find_if(std::begin(scenarios), std::end(scenarios), [&](const Scenario& each) {
            return each.from == row.from && each.event == row.event;
        });
        EXPECT_NE(scenario, std::end(scenarios)) << "this row has no test";
        if (scenario == std::end(scenarios)) continue;
        World world;
        scenario->run(world);
        const bool taken = world.took(row.from, row.event);
        EXPECT_TRUE(taken) << "its test does not take it";
        hit += taken ? 1 : 0;
    }
    std::cout << "update: " << hit << " of " << rows().size() << " transitions covered by their own test\n";
    EXPECT_EQ(hit, rows().size());
    EXPECT_EQ(std::size(scenarios), rows().size()) << "a test of a row that is gone";
}

TEST(UpdateStates, a_confirmation_that_fails_at_the_start_begins_the_trial_anew) {
    World w;
    w.to_confirming();
    w.rig.confirm_fault = first(1);
    EXPECT_EQ(w.rig.boot().last.state, State::confirmed);
    EXPECT_TRUE(w.took(S::starting, E::trial_found));
}

TEST(UpdateStates, an_event_without_a_row_changes_nothing) {
    World w;
    Machine<Row, Witness> machine(rows(), Step::rebooting);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Event::cancelled); ++i) {
        EXPECT_FALSE(machine.can(static_cast<Event>(i)));
        EXPECT_FALSE(machine.take(static_cast<Event>(i), &w));
    }
    EXPECT_EQ(machine.state(), Step::rebooting);
    EXPECT_TRUE(w.taken.empty());
}

TEST(UpdateStates, what_has_no_row_is_refused_by_name) {
    World w;
    w.download();
    bool asked = false;
    w.rig.watch = [&](Updater& u) {
        if (asked || !u.on_trial()) return false;
        asked = true;
        EXPECT_TRUE(u.cancel()) << "nothing that a cancel ends";
        EXPECT_TRUE(u.on_trial());
        EXPECT_EQ(u.begin_upload(1000).error(), errors::ota_in_trial);
        EXPECT_EQ(u.upload_piece(as_bytes("x")).error(), errors::cancelled);
        EXPECT_EQ(w.offer_newest(u).error(), errors::ota_in_trial);
        return false;
    };
    EXPECT_EQ(w.rig.boot().last.state, State::confirmed);
    EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace esb::ota
