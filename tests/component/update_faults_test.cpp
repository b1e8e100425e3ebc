// Updates when flash, store or boot loader do not do what they should.
#include "esb/ota/errors.hpp"
#include "esb/ota/records.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;
using test::Conduct;
using test::Manifest;

class UpdateFaults : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};

    UpdateFaults() { set_up(rig); }
    void set_up(test::UpdateRig& with) {
        with.allow(old_image);
        with.allow(new_image);
        with.server.file = new_image;
        with.retained = with.envelope(new_image, 40);
        with.limit = std::chrono::minutes(10);
    }
    void expect_updated(std::size_t boots) {
        const auto all = rig.boot_until_settled(boots);
        EXPECT_EQ(all.back().seq, 42U);
        EXPECT_EQ(all.back().last.state, State::confirmed);
        EXPECT_FALSE(all.back().last.error);
    }
    // Refuses the first `times` calls.
    static auto first(int times, const ErrorKind& kind = errors::flash_failed) {
        return [left = times, &kind]() mutable { return left-- > 0 ? &kind : nullptr; };
    }
    static auto first_puts(std::string_view of, int times, const ErrorKind& kind = errors::kv_full) {
        return [=, left = times, &kind](std::string_view key) mutable -> const ErrorKind* {
            return key == of && left-- > 0 ? &kind : nullptr;
        };
    }
    // A download that was interrupted by a restart before its end.
    void interrupt_download() {
        rig.server.bytes_a_second = 600;
        rig.limit = std::chrono::seconds(8);
        EXPECT_EQ(rig.boot().end, BootEnd::settled);
        rig.limit = std::chrono::minutes(10);
        rig.server.bytes_a_second = 0;
        rig.retained.clear();
    }
};

TEST_F(UpdateFaults, one_failing_flash_operation_anywhere_is_overcome) {
    std::uint64_t tried = 0;
    for (std::uint64_t at = 1;; ++at, ++tried) {
        auto fresh = test::factory_flash(old_image);
        vchip::Flash worn(fresh);
        test::UpdateRig each(worn);
        set_up(each);
        worn.set_plan({{}, {at}});
        Boot last;
        for (int i = 0; i < 5; ++i) {
            last = each.boot();
            ASSERT_TRUE(last.authorized) << at;
            if (last.end == BootEnd::settled && last.last.state == State::confirmed) break;
        }
        ASSERT_EQ(last.seq, 42U) << "operation " << at;
        ASSERT_EQ(last.last.state, State::confirmed) << "operation " << at;
        if (worn.operations() < at) break;
    }
    EXPECT_GT(tried, 20U);
}

TEST_F(UpdateFaults, a_boot_loader_without_roll_back_is_replaced_by_the_records) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.loader_goes_back = false;
    const Boot trial = rig.boot();
    EXPECT_EQ(trial.end, BootEnd::crash);
    EXPECT_EQ(trial.log.error_of(State::trial), Error(errors::ota_unguarded));
    const Boot again = rig.boot();
    EXPECT_EQ(again.seq, 42U) << "the boot loader starts it once more";
    EXPECT_EQ(again.end, BootEnd::restart) << "and it gives itself up";
    EXPECT_EQ(again.last.error, Error(errors::ota_trial_crashed));
    const Boot old = rig.boot();
    EXPECT_EQ(old.seq, 41U);
    EXPECT_EQ(old.log.error_of(State::rolled_back), Error(errors::ota_trial_crashed));
    EXPECT_EQ(old.end, BootEnd::restart) << "the second trial";
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const Boot last = rig.boot();
    EXPECT_EQ(last.seq, 41U);
    EXPECT_TRUE(last.refused(errors::ota_quarantined));
}

TEST_F(UpdateFaults, a_boot_loader_that_does_not_switch_is_reported) {
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    // Somebody erases the boot record: the old image boots although the other was chosen.
    ASSERT_TRUE(flash.erase(0xf000, 8192));
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.seq, 41U);
    EXPECT_EQ(boot.log.error_of(State::rolled_back), Error(errors::ota_boot_loader));
    expect_updated(2);
}

TEST_F(UpdateFaults, a_switch_that_fails_is_repeated) {
    rig.set_boot_fault = first(2);
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_EQ(boot.log.error_of(State::verifying), Error(errors::flash_failed));
    expect_updated(1);
    EXPECT_EQ(rig.server.connections, 1);
}

TEST_F(UpdateFaults, what_changes_in_flash_before_a_repeated_switch_is_noticed) {
    bool spoiled = false;
    rig.set_boot_fault = [&]() -> const ErrorKind* {
        if (std::exchange(spoiled, true)) return nullptr;
        const std::array<std::uint8_t, 4> zeros{};
        EXPECT_TRUE(flash.program(0x30000 + 0x1000, zeros));
        return &errors::flash_failed;
    };
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.log.error_of(State::failed), Error(errors::ota_hash)) << "by us, before the boot loader has to";
    EXPECT_EQ(rig.boot().seq, 41U);
}

TEST_F(UpdateFaults, a_key_set_that_cannot_be_stored_is_not_used) {
    test::TestSigner second("second");
    const auto rotation = rig.signer.envelope("esb-keys", R"({"ver":2,"keys":[)" + second.jwk() + "]}");
    rig.put_fault = [](std::string_view key) { return key.starts_with("ota.keys") ? &errors::kv_full : nullptr; };
    rig.retained.clear();
    rig.on_line = [&](ota::Updater& updater) {
        EXPECT_EQ(updater.offer(as_bytes(rotation)).error(), errors::kv_full);
        EXPECT_EQ(updater.offer(as_bytes(second.envelope("esb-command", R"({"cmd":"cancel","ctr":1})"))).error(),
                  errors::key_unknown);
        EXPECT_TRUE(updater.offer(as_bytes(rig.signer.envelope("esb-command", R"({"cmd":"cancel","ctr":1})"))));
    };
    static_cast<void>(rig.boot());
}

// A set of keys is replaced because somebody may have one of them.
TEST_F(UpdateFaults, what_a_replaced_key_has_signed_ends_with_the_key) {
    test::TestSigner second("second");
    for (const bool stays : {true, false}) {
        const auto held = stays ? rig.signer.jwk() + "," : std::string();
        const auto keys = rig.signer.envelope("esb-keys", R"({"ver":2,"keys":[)" + held + second.jwk() + "]}");
        const auto replace = [&](ota::Updater& updater) { EXPECT_TRUE(updater.offer(as_bytes(keys))); };
        for (const bool restarted : {false, true}) {
            auto fresh = test::factory_flash(old_image);
            vchip::Flash its_flash(fresh);
            test::UpdateRig each(its_flash);
            set_up(each);
            each.server.bytes_a_second = 600;
            bool sent = false;
            each.watch = [&](ota::Updater& updater) {
                if (sent || updater.progress().state != State::downloading) return false;
                sent = true;
                if (!restarted) replace(updater);
                return restarted;
            };
            Boot boot = each.boot();
            EXPECT_TRUE(sent);
            each.retained.clear();
            if (restarted) {
                each.begun = replace;  // before the network is there
                boot = each.boot();
                each.begun = {};
            }
            EXPECT_EQ(boot.end == BootEnd::restart, stays);
            if (stays) continue;
            EXPECT_TRUE(boot.refused(errors::key_unknown));
            EXPECT_EQ(each.boot().last.state, State::idle) << "also after a restart";
        }
    }
}

TEST_F(UpdateFaults, a_switch_that_always_fails_ends_the_update) {
    rig.set_boot_fault = first(1000);
    EXPECT_TRUE(rig.boot().refused(errors::flash_failed));
    rig.set_boot_fault = {};
    rig.retained.clear();
    EXPECT_EQ(rig.boot().last.state, State::idle) << "nothing is left over";
}

TEST_F(UpdateFaults, an_image_that_the_chip_refuses_is_given_up_at_once) {
    int calls = 0;
    rig.set_boot_fault = [&calls]() -> const ErrorKind* {
        ++calls;
        return &errors::slot_bad_image;
    };
    EXPECT_TRUE(rig.boot().refused(errors::slot_bad_image));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(rig.boot().seq, 41U);
}

TEST_F(UpdateFaults, an_image_that_the_chip_refused_counts_for_nothing_while_the_next_one_comes) {
    const auto newest = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    auto manifest = test::Manifest::of(newest);
    const auto one = rig.envelope(manifest);
    manifest.more = R"(,"note":"another")";
    const auto other = rig.envelope(manifest);
    rig.set_boot_fault = [] { return &errors::slot_bad_image; };
    rig.settles_on_failure = false;
    bool seen = false;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().error != Error(errors::slot_bad_image)) return false;
        const auto first = updater.offer(as_bytes(one));
        EXPECT_TRUE(first) << first.error().name();
        EXPECT_EQ(updater.progress().state, State::downloading);
        const auto second = updater.offer(as_bytes(other));
        EXPECT_FALSE(second) << "it is no newer than what is on its way";
        seen = true;
        return true;
    };
    static_cast<void>(rig.boot());
    EXPECT_TRUE(seen);
}

TEST_F(UpdateFaults, a_full_store_delays_the_switch) {
    rig.put_fault = first_puts("ota.trial", 2);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_updated(1);
}

TEST_F(UpdateFaults, a_full_store_does_not_stop_the_download) {
    rig.put_fault = first_puts("ota.mark", 1000);
    expect_updated(2);
}

TEST_F(UpdateFaults, a_store_that_refuses_the_job_refuses_the_offer) {
    rig.put_fault = first_puts("ota.job", 1);
    EXPECT_TRUE(rig.boot().refused(errors::kv_full));
    expect_updated(2);
}

TEST_F(UpdateFaults, a_confirmation_is_repeated_until_it_succeeds) {
    rig.confirm_fault = first(3);
    rig.watch = [](ota::Updater& updater) {
        updater.healthy();
        return false;
    };
    expect_updated(2);
    EXPECT_EQ(rig.boot().floor, 40U);
}

TEST_F(UpdateFaults, records_of_a_confirmation_are_written_later) {
    for (const auto* key : {"ota.floor.a", "ota.floor.b", "ota.prev", "ota.run"}) {
        auto fresh = test::factory_flash(old_image);
        vchip::Flash good(fresh);
        test::UpdateRig each(good);
        set_up(each);
        each.put_fault = first_puts(key, 2);
        const auto boots = each.boot_until_settled(2);
        EXPECT_EQ(boots.back().log.error_of(State::confirmed), Error(errors::kv_full)) << key;
        EXPECT_EQ(boots.back().last.state, State::confirmed);
        EXPECT_FALSE(boots.back().last.error) << key;
        EXPECT_EQ(boots.back().floor, 40U);
        const Boot next = each.boot();
        EXPECT_EQ(next.floor, 40U) << key;
        EXPECT_EQ(next.last.state, State::confirmed) << "what runs is known: " << key;
        EXPECT_EQ(each.server.connections, 1) << key;
    }
}

TEST_F(UpdateFaults, a_trial_that_cannot_be_given_up_goes_on) {
    rig.allow(new_image, Conduct::silent);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    int refused = 0;
    rig.reject_fault = [&refused]() -> const ErrorKind* {
        ++refused;
        return &errors::slot_no_other;
    };
    rig.watch = [&refused](ota::Updater& updater) {
        if (refused >= 2) updater.healthy();
        return updater.progress().state == State::confirmed;
    };
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.last.state, State::confirmed);
    EXPECT_EQ(refused, 2);
}

TEST_F(UpdateFaults, a_stored_job_is_not_trusted) {
    interrupt_download();
    const auto connections = rig.server.connections;
    rig.before_begin = [](chip::KeyValue& values) {
        ASSERT_TRUE(values.put("ota.job", as_bytes("anything"))) << "not even a record";
    };
    EXPECT_EQ(rig.boot().last.state, State::idle);
    rig.before_begin = {};
    EXPECT_EQ(rig.boot().last.state, State::idle) << "it was removed";
    EXPECT_EQ(rig.server.connections, connections);
}

TEST_F(UpdateFaults, a_stored_job_of_a_key_no_longer_trusted_is_dropped) {
    interrupt_download();
    const auto connections = rig.server.connections;
    test::TestSigner other("other");
    rig.trusted = {other.public_text()};
    EXPECT_EQ(rig.boot().last.state, State::idle);
    EXPECT_EQ(rig.server.connections, connections);
}

TEST_F(UpdateFaults, a_stored_job_is_judged_again) {
    auto expiring = Manifest::of(new_image, 40);
    expiring.more = R"(,"exp":1790000000)";
    rig.retained = rig.envelope(expiring);
    interrupt_download();
    rig.wall = UnixTime(1790000001);
    EXPECT_TRUE(rig.boot().refused(errors::ota_expired));
}

TEST_F(UpdateFaults, a_stored_job_waits_for_memory) {
    interrupt_download();
    const auto connections = rig.server.connections;
    rig.heap.free = 1000;
    rig.limit = std::chrono::minutes(2);
    EXPECT_EQ(rig.boot().last.state, State::downloading);
    EXPECT_EQ(rig.server.connections, connections);
    rig.heap.free = 200'000;
    expect_updated(2);
}

TEST_F(UpdateFaults, a_stored_message_that_is_no_update_is_dropped) {
    rig.retained.clear();
    const auto command = rig.signer.envelope("esb-command", R"({"cmd":"cancel","ctr":1})");
    rig.before_begin = [&](chip::KeyValue& values) {
        ota::Records records(values);
        std::array<std::uint8_t, ota::Records::job_buffer> scratch;
        ASSERT_TRUE(records.save_job(command, scratch));
    };
    EXPECT_EQ(rig.boot().last.state, State::idle);
}

TEST_F(UpdateFaults, a_trial_without_a_record_is_still_a_trial) {
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.before_begin = [](chip::KeyValue& values) { ASSERT_TRUE(values.put("ota.trial", as_bytes("torn"))); };
    rig.retained.clear();
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.log.saw(State::trial));
    EXPECT_EQ(boot.last.state, State::confirmed);
    EXPECT_EQ(boot.state, chip::SlotState::valid);
    EXPECT_EQ(boot.last.ver, "1.4.0");
}

TEST_F(UpdateFaults, a_record_of_other_images_is_forgotten) {
    rig.retained.clear();
    rig.before_begin = [](chip::KeyValue& values) {
        ota::TrialRecord record;
        record.image.slot = chip::SlotId::b;
        record.image.seq = 7;
        record.from_seq = 6;
        record.phase = ota::TrialPhase::started;
        ASSERT_TRUE(ota::Records(values).trial.save(record));
    };
    EXPECT_EQ(rig.boot().last.state, State::idle) << "the chip was flashed by cable since";
}

TEST_F(UpdateFaults, an_unreadable_floor_does_not_open_the_way_back) {
    rig.retained.clear();
    rig.before_begin = [](chip::KeyValue& values) { ASSERT_TRUE(values.put("ota.floor", as_bytes("?"))); };
    EXPECT_EQ(rig.boot().floor, 41U) << "what runs is the floor";
}

TEST_F(UpdateFaults, an_image_that_changed_in_flash_is_not_tried_again) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    const std::array<std::uint8_t, 4> zeros{};
    ASSERT_TRUE(flash.program(0x30000 + 0x1000, zeros));
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.log.error_of(State::failed), Error(errors::ota_hash));
    EXPECT_EQ(boot.seq, 41U);
    EXPECT_EQ(boot.end, BootEnd::settled);
}

// A candidate that waits for its switch, as a record of any age may say. Right before it all is judged that was judged at the offer.
class Candidates : public UpdateFaults {
protected:
    ota::TrialRecord record;

    Candidates() {
        auto padded = new_image;
        padded.resize((padded.size() + 15) / 16 * 16, 0xFF);
        EXPECT_TRUE(flash.program(0x30000, padded));
        record.image = {
            chip::SlotId::b, 42, static_cast<std::uint32_t>(new_image.size()), crypto::sha256(new_image), {}};
        record.from_seq = 41;
        rig.retained.clear();
    }
    // What becomes of the record.
    Boot boot_with(const std::function<void(ota::Records&)>& more = {}) {
        rig.before_begin = [this, more](chip::KeyValue& values) {
            ota::Records records(values);
            ASSERT_TRUE(records.trial.save(record));
            if (more) more(records);
        };
        const Boot boot = rig.boot();
        rig.before_begin = {};
        return boot;
    }
    void expect_dropped(const Boot& boot, const ErrorKind& why) {
        EXPECT_EQ(boot.log.error_of(State::failed), Error(why));
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_EQ(rig.boot().seq, 41U);
    }
};

TEST_F(Candidates, that_are_good_are_switched_to) {
    EXPECT_EQ(boot_with().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(Candidates, below_the_floor_are_dropped) {
    expect_dropped(boot_with([](ota::Records& records) { EXPECT_TRUE(records.floor.save(43)); }),
                   errors::ota_below_floor);
}

TEST_F(Candidates, that_are_quarantined_are_dropped) {
    const auto quarantine = [this](ota::Records& records) {
        ota::BadList bad;
        bad.add(*record.image.sha256);
        EXPECT_TRUE(records.bad.save(bad));
    };
    expect_dropped(boot_with(quarantine), errors::ota_quarantined);
}

TEST_F(Candidates, with_another_hash_are_dropped) {
    record.image.sha256 = crypto::sha256(old_image);
    expect_dropped(boot_with(), errors::ota_hash);
}

TEST_F(Candidates, whose_descriptor_says_otherwise_are_dropped) {
    record.image.seq = 43;
    expect_dropped(boot_with(), errors::ota_descriptor);
}

TEST_F(UpdateFaults, what_cannot_be_counted_is_not_tried_again) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    rig.put_fault = first_puts("ota.trial", 1000);
    rig.limit = std::chrono::minutes(2);
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::settled) << "no trial in this boot";
    EXPECT_EQ(boot.log.error_of(State::rolled_back), Error(errors::ota_trial_crashed));
}

TEST_F(UpdateFaults, waiting_for_another_trial_can_be_overtaken) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    const auto newer = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    rig.allow(newer);
    rig.server.file = newer;
    rig.retained = rig.envelope(newer, 40);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.seq, 43U);
    EXPECT_EQ(boot.last.state, State::confirmed);
}

TEST_F(UpdateFaults, waiting_for_another_trial_can_be_cancelled) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    rig.retained.clear();
    rig.on_line = [](ota::Updater& updater) { EXPECT_TRUE(updater.cancel()); };
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::settled);
    EXPECT_EQ(boot.last.error, Error(errors::cancelled));
    rig.on_line = {};
    EXPECT_EQ(rig.boot().last.state, State::idle);
}

// The record of what was tried in vain stays; what is accepted after it is another message.
TEST_F(UpdateFaults, a_download_after_a_trial_in_vain_goes_on_after_a_restart) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot_until_settled(6).back().seq, 41U);
    const auto newer = test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000});
    rig.allow(newer);
    rig.server.file = newer;
    rig.retained = rig.envelope(newer, 40);
    interrupt_download();
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.seq, 43U);
    EXPECT_EQ(boot.last.state, State::confirmed);
}

TEST_F(UpdateFaults, an_update_that_waits_after_a_trial_in_vain_waits_after_a_restart) {
    rig.allow(new_image, Conduct::crashes_late);
    EXPECT_EQ(rig.boot_until_settled(6).back().seq, 41U);
    rig.policy.when = ota::When::ask;
    rig.limit = std::chrono::seconds(20);
    rig.retained = rig.envelope(test::make_image({.seq = 43, .ver = "1.5.0", .body = 5000}), 40);
    EXPECT_EQ(rig.boot().last.state, State::waiting);
    rig.retained.clear();
    EXPECT_EQ(rig.boot().last.state, State::waiting);
}

}  // namespace
}  // namespace esb
