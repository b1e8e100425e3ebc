// What an update says while bytes come, and what counts as a try in vain.
#include "esb/ota/errors.hpp"
#include "esb/ota/records.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;

constexpr std::size_t kibibyte = 1024;

class UpdatesTries : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 150'000});
    vchip::MemoryStore store = test::factory_flash(old_image, test::large_flash);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash, test::large_partitions};
    test::FileServer second{rig.network, chip::IpAddress::v4(192, 0, 2, 2)};

    UpdatesTries() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = second.file = new_image;
        rig.retained = rig.envelope(new_image, 40);
        rig.limit = std::chrono::hours(1);
    }
    // As soon as the one before has ended.
    void repeat(const std::vector<std::string>& messages) {
        rig.settles_on_failure = false;
        rig.watch = [&messages, offers = std::size_t{0}](ota::Updater& updater) mutable {
            if (updater.at_rest()) static_cast<void>(updater.offer(as_bytes(messages[++offers % messages.size()])));
            return offers == 200;
        };
        static_cast<void>(rig.boot());
    }
    // The power goes once the device has so many bytes of the image and says so.
    void lose_power_at(std::size_t bytes) {
        rig.server.bytes_a_second = 20'000;
        rig.watch = [bytes](ota::Updater& updater) { return updater.progress().done >= bytes; };
        EXPECT_EQ(rig.boot().end, BootEnd::settled);
        rig.watch = {};
        rig.server.lose_peer();
        rig.server.bytes_a_second = 0;
    }
};

TEST_F(UpdatesTries, are_told_every_32_kib_and_not_more_often) {
    const Boot boot = rig.boot();
    ASSERT_EQ(boot.end, BootEnd::restart);
    std::vector<std::size_t> told;
    for (const auto& report : boot.log.reports) {
        if (report.state == State::downloading) told.push_back(report.done / (32 * kibibyte));
    }
    EXPECT_EQ(told, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST_F(UpdatesTries, after_a_restart_count_from_the_first_one_that_brings_nothing) {
    lose_power_at(64 * kibibyte);
    const int before = rig.server.connections;
    rig.server.status = 503;
    EXPECT_TRUE(rig.boot().refused(errors::http_status));
    EXPECT_EQ(rig.server.connections - before, static_cast<int>(rig.policy.download_tries))
        << "what an earlier start has brought is no gain of this one";
}

TEST_F(UpdatesTries, are_all_made_while_one_address_may_still_answer) {
    auto manifest = test::Manifest::of(new_image);
    manifest.urls = R"("http://192.0.2.1/x","http://192.0.2.2/x")";
    rig.retained = rig.envelope(manifest);
    rig.server.status = 404;
    second.status = 503;
    ASSERT_LT(rig.policy.download_refusals, rig.policy.download_tries);
    static_cast<void>(rig.boot());
    EXPECT_EQ(second.connections, static_cast<int>(rig.policy.download_tries)) << "a definite answer of one is none of all";
}

TEST_F(UpdatesTries, that_come_too_soon_hear_again_why_the_last_one_failed) {
    rig.server.file[100'000] ^= 1;
    int again = 0;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state != State::failed) return false;
        const auto refused = updater.offer(as_bytes(rig.retained));
        EXPECT_EQ(refused.error(), errors::ota_too_soon);
        return ++again == 3;
    };
    const Boot boot = rig.boot();
    const auto told = std::count_if(boot.log.reports.begin(), boot.log.reports.end(), [](const auto& report) {
        return report.state == State::failed && report.error == Error(errors::ota_hash);
    });
    EXPECT_EQ(told, 1 + again);
}

// What is told of the one that is put off is its own, not that of another that was refused in between.
TEST_F(UpdatesTries, that_come_too_soon_are_not_told_as_another) {
    rig.server.file[100'000] ^= 1;
    auto other = test::Manifest::of(new_image);
    other.ver = "1.9.0";
    other.hw = "another-board";
    const auto refused = rig.envelope(other);
    bool is_done = false;
    rig.watch = [&](ota::Updater& updater) {
        if (is_done || updater.progress().state != State::failed) return is_done;
        EXPECT_EQ(updater.offer(as_bytes(refused)).error(), errors::ota_wrong_hw);
        EXPECT_EQ(updater.offer(as_bytes(rig.retained)).error(), errors::ota_too_soon);
        return is_done = true;
    };
    const Boot boot = rig.boot();
    ASSERT_TRUE(is_done);
    const auto& told = boot.log.reports;
    ASSERT_GE(told.size(), 3U);
    const auto &failed = *(told.end() - 3), &between = *(told.end() - 2), &put_off = told.back();
    EXPECT_EQ(failed.error, Error(errors::ota_hash));
    EXPECT_EQ(between.ver, "1.9.0");
    EXPECT_EQ(put_off.error, Error(errors::ota_too_soon));
    EXPECT_EQ(put_off.id, failed.id);
    EXPECT_EQ(put_off.ver, failed.ver);
}

// A broker repeats what it has, whenever it has failed: messages take their share of the flash and no more.
TEST_F(UpdatesTries, that_a_broker_repeats_do_not_wear_the_records_out) {
    test::Manifest manifests[] = {test::Manifest::of(new_image), test::Manifest::of(new_image)};
    for (auto& manifest : manifests) manifest.urls = R"("https://192.0.2.1/x")";  // nobody is asked: it fails at once
    manifests[1].more = R"(,"note":"again")";
    const std::vector messages{rig.envelope(manifests[0]), rig.envelope(manifests[1])};
    rig.retained.clear();
    int saved = 0;
    rig.put_fault = [&](std::string_view key) {
        saved += key == ota::record_keys::job ? 1 : 0;
        return static_cast<const ErrorKind*>(nullptr);
    };
    repeat(messages);
    EXPECT_EQ(saved, 10);
}

// What is put off because others have failed is told as that, with its own version: it has failed of nothing itself.
TEST_F(UpdatesTries, that_come_after_too_many_others_are_told_as_that) {
    std::vector<std::string> messages;
    for (std::uint32_t i = 0; i < 11; ++i) {
        auto manifest = test::Manifest::of(new_image);
        manifest.urls = R"("https://192.0.2.1/x")";  // nobody is asked: it fails at once
        manifest.ver = "1.4." + std::to_string(i);
        messages.push_back(rig.envelope(manifest));
    }
    rig.retained.clear();
    rig.settles_on_failure = false;
    std::size_t offers = 0;
    Status last;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.at_rest()) last = updater.offer(as_bytes(messages[offers++]));
        return offers == messages.size();
    };
    const Boot boot = rig.boot();
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error(), errors::ota_too_soon);
    const auto& told = boot.log.reports.back();
    EXPECT_EQ(told.state, State::failed);
    EXPECT_EQ(told.error, Error(errors::ota_too_soon));
    EXPECT_EQ(told.ver, "1.4.10");
}

TEST_F(UpdatesTries, that_a_server_breaks_off_and_a_broker_repeats_do_not_wear_the_slot_out) {
    rig.server.ignores_range = true;
    rig.server.drop_after = 120'000;
    repeat({rig.retained});
    EXPECT_GT(rig.server.body_bytes, 12 * test::large_flash / 8 * 3);
    EXPECT_LE(rig.server.body_bytes, 24 * test::large_flash / 8 * 3);
}

}  // namespace
}  // namespace esb
