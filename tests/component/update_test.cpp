// Whole updates on a simulated chip: download, switch, trial, confirmation, and everything that can go wrong.
#include "esb/ota/errors.hpp"
#include "tests/support/reentrant.hpp"
#include "tests/support/tally.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;
using test::Conduct;
using test::Manifest;

constexpr std::size_t kib = 1024;

// Images of about 147 KiB: two erase blocks and a bit.
class Updates : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 150'000});
    test::StoryFlash memory{test::factory_flash(old_image, test::large_flash)};
    vchip::MemoryStore& store = memory.store;
    vchip::Flash& flash = memory.flash;
    test::UpdateRig rig{flash, test::large_partitions};
    const vchip::PartitionTable table = vchip::PartitionTable::parse(test::large_partitions, test::large_flash).value();

    Updates() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
        rig.retained = rig.envelope(new_image, 40);
    }
    Boot expect_updated(std::size_t boots = 2) {
        const auto all = rig.boot_until_settled(boots);
        const Boot& last = all.back();
        EXPECT_EQ(last.seq, 42U);
        EXPECT_TRUE(last.authorized);
        EXPECT_EQ(last.last.state, State::confirmed);
        EXPECT_EQ(last.state, chip::SlotState::valid);
        EXPECT_EQ(last.floor, 40U);
        return last;
    }
    void put_by_cable(chip::SlotId slot, std::uint32_t seq) {
        const auto image = test::make_image({.seq = seq, .ver = "1.3.9", .body = 30'000});
        rig.allow(image);
        const auto region = vchip::slot_region(flash, table, slot).value();
        region.erase(0, region.size()).value();
        region.program(0, image).value();
    }
    void erase_boot_record() {
        const auto region = table.region(flash, vchip::PartitionType::data, vchip::subtype_otadata).value();
        region.erase(0, region.size()).value();
    }
    Boot expect_failed(const ErrorKind& why) {
        const Boot boot = rig.boot();
        EXPECT_TRUE(boot.refused(why)) << name(boot.last.state) << " "
                                       << (boot.last.error ? boot.last.error->name() : "no error");
        EXPECT_EQ(boot.seq, 41U);
        const Boot next = rig.boot();
        EXPECT_EQ(next.seq, 41U) << "the running firmware is untouched";
        EXPECT_TRUE(next.authorized);
        return boot;
    }
    std::string legacy(const test::Image& image) {
        crypto::Md5 md5;
        md5.update(image);
        return std::string(test::file_url) + "|" + test::hex(md5.finish());
    }
    std::string command(const std::string& verb, int counter) {
        return rig.signer.envelope("esb-command", R"({"cmd":")" + verb + R"(","ctr":)" + std::to_string(counter) + "}");
    }
};

TEST_F(Updates, run_through_all_states) {
    const Boot first = rig.boot();
    EXPECT_EQ(first.end, BootEnd::restart);
    for (const auto state : {State::downloading, State::verifying, State::rebooting}) EXPECT_TRUE(first.log.saw(state));
    EXPECT_EQ(first.last.ver, "1.4.0");
    EXPECT_EQ(first.last.size, new_image.size());
    EXPECT_EQ(first.last.done, new_image.size());
    EXPECT_EQ(first.last.id.size(), 16U);
    const auto reports = std::count_if(first.log.reports.begin(), first.log.reports.end(),
                                       [](const auto& report) { return report.state == State::downloading; });
    EXPECT_GE(reports, 3) << "one at least every 64 KiB";
    const Boot second = rig.boot();
    EXPECT_TRUE(second.log.saw(State::trial));
    EXPECT_EQ(second.last.state, State::confirmed);
    EXPECT_EQ(second.state, chip::SlotState::valid);
    EXPECT_EQ(second.floor, 40U);
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_EQ(flash.overprograms(), 0U);
    const Boot third = rig.boot();
    EXPECT_EQ(third.seq, 42U);
    EXPECT_EQ(third.last.state, State::confirmed) << "the retained manifest of what runs is success";
    EXPECT_EQ(rig.server.connections, 1) << "and nothing is fetched again";
}

TEST_F(Updates, repeated_offers_change_nothing) {
    int offers = 0;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state == State::downloading && offers < 50) {
            ++offers;
            EXPECT_TRUE(updater.offer(as_bytes(rig.retained)));
        }
        return false;
    };
    expect_updated();
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_GT(offers, 0);
}

// What runs is told by its hash and its sequence number, not by the message that brought it.
TEST_F(Updates, the_running_image_signed_anew_is_no_update) {
    expect_updated();
    rig.retained = rig.envelope(new_image, 41);
    const Boot anew = rig.boot();
    EXPECT_EQ(anew.last.state, State::confirmed);
    EXPECT_EQ(rig.server.connections, 1);
    const auto other = test::make_image({.seq = 42, .ver = "1.4.0", .body = 150'001});
    rig.retained = rig.envelope(other, 40);
    EXPECT_TRUE(rig.boot().refused(errors::ota_seq)) << "another image of that number";
}

TEST_F(Updates, resume_after_a_dropped_connection) {
    rig.server.drop_after = 70'000;
    expect_updated();
    ASSERT_EQ(rig.server.range_starts.size(), 3U);
    EXPECT_EQ(rig.server.range_starts[1], 70'000U) << "in the same boot not a byte twice";
    EXPECT_EQ(rig.server.body_bytes, new_image.size());
}

TEST_F(Updates, resume_by_themselves_after_a_restart) {
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= 64 * 1024; };
    EXPECT_EQ(rig.boot().end, BootEnd::settled);
    rig.watch = {};
    rig.retained.clear();  // nobody offers it again
    rig.limit = std::chrono::minutes(10);
    const Boot second = rig.boot();
    EXPECT_EQ(second.end, BootEnd::restart);
    EXPECT_EQ(rig.server.range_starts.back(), 64 * kib);
    rig.retained.clear();
    expect_updated(1);
}

TEST_F(Updates, resume_in_the_middle_of_an_erase_block) {
    rig.server.bytes_a_second = 20'000;
    rig.watch = [this](ota::Updater&) { return rig.server.body_bytes >= 90 * kib; };
    EXPECT_EQ(rig.boot().end, BootEnd::settled);
    rig.server.lose_peer();
    rig.watch = {};
    rig.server.bytes_a_second = 0;
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.server.range_starts.back(), 80 * kib);
    EXPECT_EQ(flash.overprograms(), 0U);
    expect_updated(1);
}

TEST_F(Updates, hash_the_prefix_again_before_they_resume) {
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= 64 * 1024; };
    static_cast<void>(rig.boot());
    rig.watch = {};
    // A bit of the idle slot flips while the device is off.
    std::array<std::uint8_t, 4> cell{};
    ASSERT_TRUE(flash.read(0x50000 + 0x8000, cell));
    for (auto& byte : cell) byte = 0;
    ASSERT_TRUE(flash.program(0x50000 + 0x8000, cell));
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.server.range_starts.back(), 0U) << "the whole file again";
    EXPECT_EQ(rig.server.connections, 2) << "before anything is fetched, not only by the hash at the end";
    expect_updated(1);
}

TEST_F(Updates, do_not_build_on_what_another_message_has_brought) {
    auto other = new_image;
    other[20'000] ^= 1;  // of the same name, and with the same descriptor
    rig.server.file = other;
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= 64 * 1024; };
    rig.retained = rig.envelope(Manifest::of(other, 39));
    static_cast<void>(rig.boot());
    rig.watch = {};
    rig.server.bytes_a_second = 0;
    rig.server.file = new_image;
    rig.before_begin = [](chip::KeyValue& values) { static_cast<void>(values.remove("ota.job")); };
    rig.retained = rig.envelope(new_image, 40);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.server.range_starts, (std::vector<std::size_t>{0, 0}));
    expect_updated(1);
}

TEST_F(Updates, start_over_when_the_server_ignores_the_range) {
    rig.server.drop_after = 70'000;
    rig.server.on_connection = [&](int number) {
        rig.server.ignores_range = true;
        if (number > 1) rig.server.drop_after.reset();
    };
    expect_updated();
    EXPECT_EQ(rig.server.body_bytes, 70'000 + new_image.size());
}

TEST_F(Updates, start_over_when_the_range_is_another) {
    rig.server.drop_after = 70'000;
    rig.server.lies_about_range = true;
    rig.server.on_connection = [&](int number) {
        if (number > 1) rig.server.drop_after.reset();
    };
    expect_updated();
    EXPECT_EQ(rig.server.range_starts, (std::vector<std::size_t>{0, 70'000, 0}));
}

TEST_F(Updates, survive_a_file_that_changed_between_two_tries) {
    auto other_file = new_image;
    for (auto& byte : other_file) byte = static_cast<std::uint8_t>(byte ^ 0x55);
    for (std::size_t i = 0; i < 4096; ++i) other_file[i] = new_image[i];  // the descriptor is the same
    rig.server.file = other_file;
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= 64 * 1024; };
    static_cast<void>(rig.boot());
    rig.watch = {};
    rig.server.file = new_image;  // repaired
    EXPECT_EQ(rig.boot().end, BootEnd::restart) << "the mixture is noticed, and fetched anew once";
    EXPECT_EQ(rig.server.range_starts.back(), 0U);
    expect_updated(1);
}

TEST_F(Updates, fail_when_the_hash_is_wrong_twice) {
    rig.server.file[100'000] ^= 1;
    const Boot boot = expect_failed(errors::ota_hash);
    EXPECT_EQ(boot.last.id.size(), 16U);
    EXPECT_EQ(boot.log.error_of(State::downloading), Error(errors::ota_hash)) << "told at once";
    EXPECT_EQ(rig.server.connections, 4) << "the same in the second boot";
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
    EXPECT_EQ(rig.server.connections, 4) << "and in no later one";
}

TEST_F(Updates, remember_over_power_cycles_what_has_failed) {
    rig.server.file[100'000] ^= 1;
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(rig.boot().refused(errors::ota_hash)) << i;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(rig.boot().refused(errors::ota_given_up)) << i;
    EXPECT_EQ(rig.server.connections, 4);
    // The same image in a fresh envelope.
    auto anew = Manifest::of(new_image, 40);
    anew.more = R"(,"note":"again")";
    const auto old = rig.retained;
    rig.retained = rig.envelope(anew);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(rig.boot().refused(errors::ota_hash)) << i;
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
    EXPECT_EQ(rig.server.connections, 8);
    // A person at the device, or the operator with a signed command.
    rig.server.file = new_image;
    rig.retained = command("cancel", 1);
    EXPECT_EQ(rig.boot().last.state, State::idle);
    rig.retained = old;
    expect_updated();
    EXPECT_EQ(rig.server.connections, 9);
}

TEST_F(Updates, forget_failures_for_a_person_at_the_device) {
    rig.server.file[100'000] ^= 1;
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(rig.boot().refused(errors::ota_hash)) << i;
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
    rig.server.file = new_image;
    rig.on_line = [](ota::Updater& updater) { EXPECT_TRUE(updater.forget_failures()); };
    expect_updated();
}

// A wrong file is counted when it is found, not when the whole job has failed.
TEST_F(Updates, remember_a_wrong_file_even_when_the_power_goes_at_once) {
    rig.server.file[100'000] ^= 1;
    rig.watch = [](ota::Updater& updater) { return updater.progress().error == Error(errors::ota_hash); };
    for (int i = 0; i < 4; ++i) EXPECT_EQ(rig.boot().end, BootEnd::settled);
    rig.watch = {};
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
    EXPECT_EQ(rig.server.connections, 4);
}

// The virtual chip reads flash three times for an image: each program looks at what it writes over, the writer reads it back, and the
// boot slot is set only to a whole image. A second hash would be the fourth.
TEST_F(Updates, are_not_hashed_a_second_time) {
    std::uint64_t before = 0;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state == State::downloading && before == 0) before = flash.bytes_read();
        return false;
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto read = flash.bytes_read() - before;
    std::printf("read from flash for an image of %zu bytes: %llu\n", new_image.size(),
                static_cast<unsigned long long>(read));
    EXPECT_GE(read, 3 * new_image.size()) << "what is compared is what the flash reads";
    EXPECT_LT(read, 3 * new_image.size() + 64 * kib) << "with what the store of the marks reads";
}

// Several web servers, of which some are bad.
class Mirrors : public Updates {
protected:
    test::FileServer second{rig.network, chip::IpAddress::v4(192, 0, 2, 2)};
    test::FileServer third{rig.network, chip::IpAddress::v4(192, 0, 2, 3)};
    Manifest manifest = Manifest::of(new_image, 40);

    Mirrors() {
        second.file = third.file = new_image;
        manifest.urls = R"("http://192.0.2.1/x","http://192.0.2.2/x","http://192.0.2.3/x")";
        rig.retained = rig.envelope(manifest);
        rig.limit = std::chrono::hours(1);
    }
    static void spoil(test::FileServer& server) { server.file[100'000] ^= 1; }
    static void portal(test::FileServer& server, std::size_t size) { server.file.assign(size, '<'); }
};

TEST_F(Mirrors, one_bad_one_does_not_end_it) {
    const std::vector<std::pair<std::string, std::function<void(test::FileServer&)>>> faults = {
        {"flipped byte", [](auto& s) { spoil(s); }},
        {"HTML", [](auto& s) { portal(s, 500); }},
        {"HTML without a length", [](auto& s) { portal(s, 500), s.tells_size = false; }},
        {"endless HTML", [](auto& s) { portal(s, 180'000), s.tells_size = false; }},
        {"HTML of the same size", [&](auto& s) { portal(s, new_image.size()); }},
        {"empty", [](auto& s) { s.file.clear(); }},
        {"shorter", [](auto& s) { s.file.pop_back(); }},
        {"longer", [](auto& s) { s.file.push_back(0); }},
        {"longer without a length", [](auto& s) { s.file.push_back(0), s.tells_size = false; }},
        {"another image", [](auto& s) { s.file = test::make_image({.seq = 43, .ver = "9", .body = 150'000}); }},
        {"404", [](auto& s) { s.status = 404; }},
        {"403", [](auto& s) { s.status = 403; }},
        {"503", [](auto& s) { s.status = 503; }},
        {"416", [](auto& s) { s.status = 416; }},
        {"a byte a second", [](auto& s) { s.bytes_a_second = 1; }},
        {"cut off at once", [](auto& s) { s.drop_after = 0; }},
        {"cut off in the middle", [](auto& s) { s.drop_after = 70'000; }},
        {"encoded", [](auto& s) { s.more_head = "Content-Encoding: gzip\r\n"; }},
        {"a circle", [](auto& s) { s.status = 302, s.more_head = "Location: /x\r\n"; }},
        {"to https", [](auto& s) { s.status = 302, s.more_head = "Location: https://h/x\r\n"; }},
    };
    for (const auto& [name, spoil_it] : faults) {
        SCOPED_TRACE(name);
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash good(fresh);
        test::UpdateRig each(good, test::large_partitions);
        test::FileServer mirror(each.network, chip::IpAddress::v4(192, 0, 2, 2));
        each.allow(old_image);
        each.allow(new_image);
        each.server.file = mirror.file = new_image;
        spoil_it(each.server);
        each.limit = std::chrono::minutes(5);
        each.retained = each.envelope(manifest);
        const auto boots = each.boot_until_settled(2);
        EXPECT_EQ(boots.back().seq, 42U);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
        EXPECT_LE(each.server.connections, 2);
    }
}

TEST_F(Mirrors, all_bad_ones_but_the_last_are_tried_once) {
    spoil(rig.server);
    spoil(second);
    expect_updated();
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_EQ(second.connections, 1);
    EXPECT_EQ(third.connections, 1);
}

TEST_F(Mirrors, all_bad_ones_end_it_after_two_files_each) {
    for (auto* server : {&rig.server, &second, &third}) spoil(*server);
    for (int i = 1; i <= 2; ++i) {
        EXPECT_TRUE(rig.boot().refused(errors::ota_hash));
        for (auto* server : {&rig.server, &second, &third}) EXPECT_EQ(server->connections, 2 * i);
    }
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
}

// The beginning is wrong, and the address that brought it is not the one that brings the rest.
TEST_F(Mirrors, a_wrong_beginning_does_not_poison_the_rest) {
    spoil(rig.server);
    rig.server.drop_after = 110'000;
    rig.server.on_connection = [&](int) { rig.server.status = rig.server.connections > 1 ? 503 : 200; };
    expect_updated();
    EXPECT_EQ(second.connections + third.connections, 2) << "the rest, then once more all of it from one";
    EXPECT_EQ(second.range_starts.front(), 110'000U);
}

TEST_F(Mirrors, a_wrong_beginning_of_an_earlier_start_does_not) {
    spoil(rig.server);
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= 128 * kib; };
    EXPECT_EQ(rig.boot().end, BootEnd::settled);
    rig.watch = {};
    rig.server.bytes_a_second = 0;
    rig.server.status = 404;
    expect_updated();
    EXPECT_EQ(second.range_starts, (std::vector<std::size_t>{128 * kib, 0}));
}

TEST_F(Mirrors, an_address_that_cannot_serve_the_rest_does_not_cost_the_beginning) {
    for (const auto& change : std::vector<std::function<void(test::FileServer&)>>{
             [](auto& s) { s.lies_about_range = true; }, [](auto& s) { s.file.resize(60'000); },
             [](auto& s) { portal(s, 900), s.tells_size = false, s.ignores_range = true; },
             [](auto& s) { s.multipart = true; }}) {
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash good(fresh);
        test::UpdateRig each(good, test::large_partitions);
        test::FileServer bad(each.network, chip::IpAddress::v4(192, 0, 2, 2));
        test::FileServer mirror(each.network, chip::IpAddress::v4(192, 0, 2, 3));
        each.allow(old_image);
        each.allow(new_image);
        each.server.file = mirror.file = bad.file = new_image;
        each.server.drop_after = 140'000;
        change(bad);
        each.limit = std::chrono::minutes(5);
        each.retained = each.envelope(manifest);
        const auto boots = each.boot_until_settled(2);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
        EXPECT_EQ(bad.connections, 1);
        ASSERT_EQ(mirror.range_starts.size(), 1U);
        EXPECT_GE(mirror.range_starts[0], 136 * kib) << "goes on where the first one ended";
    }
}

TEST_F(Mirrors, a_slow_one_is_left_within_half_a_minute_and_nothing_is_fetched_twice) {
    rig.server.bytes_a_second = 300;
    const Instant start = rig.world.now();
    const Boot boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_LT(rig.world.now() - start, 30s);
    EXPECT_EQ(boot.log.error_of(State::downloading), Error(errors::http_slow));
    EXPECT_EQ(second.range_starts.size(), 1U);
    EXPECT_GT(second.range_starts[0], 5000U);
    expect_updated(1);
}

TEST_F(Updates, a_file_that_is_replaced_between_two_connections_is_fetched_anew) {
    auto other_file = new_image;
    for (std::size_t i = 4096; i < other_file.size(); ++i) other_file[i] ^= 0x55;
    struct Kind {
        std::string before, after;
        std::vector<std::size_t> starts;
        std::optional<Error> told;
    };
    const Error changed(errors::http_changed);
    const Error hash(errors::ota_hash);
    const Kind kinds[] = {
        {"ETag: \"1\"\r\n", "ETag: \"2\"\r\n", {0, 70'000}, {}},                    // If-Range: 200 and all of it
        {"ETag: W/\"1\"\r\n", "ETag: W/\"2\"\r\n", {0, 70'000, 0}, changed},        // told by the 206
        {"Last-Modified: 1\r\n", "Last-Modified: 2\r\n", {0, 70'000, 0}, changed},  // the same
        {"", "", {0, 70'000, 0}, hash},                                             // by the hash
        {"ETag: \"1\"\r\n", "ETag: \"1\"\r\n", {0, 70'000, 0}, hash},               // a tag that lies: by the hash
    };
    for (const auto& kind : kinds) {
        SCOPED_TRACE(kind.before + kind.after);
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash good(fresh);
        test::UpdateRig each(good, test::large_partitions);
        each.allow(old_image);
        each.allow(new_image);
        each.server.file = other_file;
        each.server.more_head = kind.before;
        each.server.drop_after = 70'000;
        each.server.on_connection = [&](int number) {
            if (number == 1) return;
            each.server.drop_after.reset();
            each.server.file = new_image;
            each.server.more_head = kind.after;
        };
        each.retained = each.envelope(new_image, 40);
        const auto boots = each.boot_until_settled(2);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
        EXPECT_EQ(each.server.range_starts, kind.starts);
        EXPECT_EQ(boots.front().log.error_of(State::downloading), kind.told);
        const bool strong = kind.before.find(" \"") != std::string::npos;
        EXPECT_EQ(each.server.requests[1].find("If-Range: \"1\"") != std::string::npos, strong);
    }
}

TEST_F(Updates, take_a_few_kilobytes_a_connection) {
    for (const std::size_t each_time : {10'000U, 4096U, 1000U}) {
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash good(fresh);
        test::UpdateRig each(good, test::large_partitions);
        each.allow(old_image);
        each.allow(new_image);
        each.server.file = new_image;
        each.server.drop_after = each_time;
        each.limit = std::chrono::minutes(20);
        each.retained = each.envelope(new_image, 40);
        EXPECT_EQ(each.boot_until_settled(2).back().last.state, State::confirmed) << each_time;
        EXPECT_EQ(each.server.body_bytes, new_image.size()) << "not a byte twice";
    }
}

TEST_F(Updates, follow_redirects_to_allowed_hosts_only) {
    test::FileServer store_server(rig.network, chip::IpAddress::v4(192, 0, 2, 2));
    store_server.file = new_image;
    rig.server.status = 307;
    rig.server.more_head = "Location: http://192.0.2.2/object?signature=" + std::string(1900, 'f') + "\r\n";
    ASSERT_TRUE(rig.policy.hosts.assign("192.0.2.1"));
    const Boot boot = expect_failed(errors::ota_host);
    EXPECT_EQ(boot.last.host, "192.0.2.2");
    EXPECT_EQ(store_server.connections, 0);
    ASSERT_TRUE(rig.policy.hosts.assign("192.0.2.7"));
    expect_failed(errors::ota_host);
    ASSERT_TRUE(rig.policy.hosts.assign("192.0.2.1, 192.0.2.2"));
    store_server.drop_after = 70'000;
    expect_updated();
    EXPECT_EQ(store_server.range_starts, (std::vector<std::size_t>{0, 70'000, 140'000}));
}

TEST_F(Updates, tell_status_and_host) {
    if (!with_log_words) GTEST_SKIP() << "left out";
    rig.server.status = 403;
    const Boot boot = expect_failed(errors::http_status);
    EXPECT_EQ(boot.last.error->detail(), 403);
    EXPECT_EQ(boot.last.host, "192.0.2.1");
    std::array<char, ota::why_max> text;
    EXPECT_EQ(ota::why(boot.last, text), "the web server refuses the request: 403 from 192.0.2.1");
}

TEST_F(Updates, take_a_url_with_a_long_query) {
    auto manifest = Manifest::of(new_image, 40);
    manifest.urls = "\"http://192.0.2.1/image.bin?" + std::string(2048, 'q') + "\"";
    rig.retained = rig.envelope(manifest);
    ASSERT_LE(rig.retained.size(), ota::envelope_max);
    rig.server.drop_after = 70'000;
    expect_updated();
    EXPECT_NE(rig.server.requests[1].find("q HTTP/1.1\r\n"), std::string::npos);
}

TEST_F(Updates, give_up_an_image_that_never_gets_on_line) {
    rig.allow(new_image, Conduct::silent);
    rig.policy.retry_first = rig.policy.retry_longest = Duration(1);
    std::size_t trials = 0;
    Boot boot;
    for (int i = 0; i < 60; ++i) {
        boot = rig.boot();
        if (boot.seq == 42) ++trials;
        if (boot.refused(errors::ota_given_up)) break;
    }
    EXPECT_TRUE(boot.refused(errors::ota_given_up));
    EXPECT_EQ(trials, 9U) << "three times three";
    EXPECT_EQ(rig.server.connections, 3);
}

// Whatever a server does in whatever moment: no state without an end, and the update is done once it behaves.
TEST_F(Updates, finish_after_servers_that_stall_at_random) {
    const char* scale = std::getenv("ESB_CUTS");
    const unsigned seeds = 100 * static_cast<unsigned>(scale != nullptr ? std::max(1, std::atoi(scale)) : 1);
    for (unsigned seed = 1; seed <= seeds; seed += test::thinning) {
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash good(fresh);
        test::UpdateRig each(good, test::large_partitions);
        std::minstd_rand random(seed);
        const auto up_to = [&](unsigned most) { return static_cast<std::size_t>(random() % (most + 1)); };
        each.allow(old_image);
        each.allow(new_image);
        each.server.file = new_image;
        each.limit = std::chrono::hours(2);
        each.server.on_connection = [&](int number) {
            auto& faults = each.network.faults(test::file_server_address);
            faults.segment_gap = Duration(0);
            faults.max_segment = 1 + up_to(1435);
            each.server.stall_after.reset();
            each.server.drop_after.reset();
            each.server.bytes_a_second = 0;
            if (number > 4) return;
            switch (up_to(5)) {
                case 0:
                    each.server.stall_after = up_to(150'000);
                    return;
                case 1:
                    each.server.drop_after = up_to(150'000);
                    return;
                case 2:
                    each.server.bytes_a_second = 1 + up_to(3000);
                    return;
                case 3:
                    faults.segment_gap = Duration(static_cast<int>(up_to(3000)));
                    return;
                case 4:
                    each.server.stall_after = 0;
                    return;
                default:
                    return;
            }
        };
        each.retained = each.envelope(new_image, 40);
        const auto boots = each.boot_until_settled(2);
        ASSERT_EQ(boots.back().last.state, State::confirmed) << "seed " << seed;
    }
}

TEST_F(Updates, do_not_wear_the_flash_for_a_repeated_bad_offer) {
    rig.server.file[100'000] ^= 1;
    int refused = 0;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state != State::failed) return false;
        for (int i = 0; i < 20; ++i) {
            const auto again = updater.offer(as_bytes(rig.retained));
            if (!again && again.error() == errors::ota_too_soon) ++refused;
        }
        return true;
    };
    const Boot boot = rig.boot();
    EXPECT_EQ(refused, 20);
    EXPECT_TRUE(boot.refused(errors::ota_hash)) << "the status keeps the reason";
    EXPECT_EQ(rig.server.connections, 2);
}

TEST_F(Updates, fail_when_the_size_is_wrong) {
    rig.server.file.resize(new_image.size() - 1);
    const auto erases = flash.wear().erases[0x50000 / 4096];
    expect_failed(errors::ota_size);
    EXPECT_EQ(flash.wear().erases[0x50000 / 4096], erases) << "the header tells";
    rig.server.file = new_image;
    rig.server.file.push_back(0);
    expect_failed(errors::ota_size);
    rig.server.tells_size = false;
    expect_failed(errors::ota_size);
    rig.server.file.resize(new_image.size() - 1);
    expect_failed(errors::ota_size);
}

TEST_F(Updates, fail_when_the_descriptor_disagrees) {
    const auto other = test::make_image({.seq = 43, .ver = "1.5.0", .body = 150'000});
    rig.server.file = other;
    ASSERT_EQ(other.size(), new_image.size());
    const auto erases = flash.wear().erases[0x50000 / 4096];
    expect_failed(errors::ota_descriptor);
    EXPECT_EQ(flash.wear().erases[0x50000 / 4096], erases) << "before the slot is erased";
    rig.server.file.assign(new_image.size(), 'x');
    expect_failed(errors::ota_no_descriptor);
    // Signed consistently, but too short to hold a descriptor.
    auto tiny = Manifest::of(new_image);
    rig.server.file.assign(100, 'x');
    tiny.size = 100;
    rig.retained = rig.envelope(tiny);
    expect_failed(errors::ota_no_descriptor);
}

TEST_F(Updates, fail_soon_when_no_address_has_the_file) {
    rig.server.status = 404;
    const Boot boot = expect_failed(errors::http_status);
    EXPECT_EQ(boot.last.error->detail(), 404);
    EXPECT_EQ(rig.server.connections, 8) << "four rounds in each of the two boots";
    auto only_https = Manifest::of(new_image);
    only_https.urls = R"("https://192.0.2.1/x")";
    rig.retained = rig.envelope(only_https);
    expect_failed(errors::http_https);
}

TEST_F(Updates, try_the_other_addresses) {
    test::FileServer mirror(rig.network, chip::IpAddress::v4(192, 0, 2, 2));
    mirror.file = new_image;
    rig.server.status = 404;
    auto manifest = Manifest::of(new_image, 40);
    manifest.urls = R"("https://192.0.2.1/x","http://192.0.2.1/x","http://192.0.2.9/x","http://192.0.2.2/x")";
    rig.retained = rig.envelope(manifest);
    rig.limit = std::chrono::minutes(20);
    expect_updated();
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_EQ(mirror.connections, 1);
}

TEST_F(Updates, try_again_with_back_off_when_the_server_is_down) {
    rig.server.status = 503;
    rig.server.on_connection = [&](int number) {
        if (number == 4) rig.server.status = 200;
    };
    expect_updated();
    EXPECT_EQ(rig.server.connections, 4);
}

TEST_F(Updates, give_up_after_the_tries) {
    rig.server.status = 503;
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::http_status));
    EXPECT_EQ(rig.server.connections, 5);
    rig.server.status = 200;
    expect_updated(2);
}

TEST_F(Updates, give_up_on_a_truncating_server_that_makes_no_progress) {
    rig.server.drop_after = 0;
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::http_truncated));
    EXPECT_EQ(rig.server.connections, 5);
}

TEST_F(Updates, give_up_on_a_slow_server) {
    rig.server.bytes_a_second = 1;
    rig.limit = std::chrono::hours(1);
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::http_slow));
    EXPECT_EQ(boot.last.host, "192.0.2.1");
}

TEST_F(Updates, follow_a_higher_offer_and_refuse_a_lower_one) {
    const auto newer = test::make_image({.seq = 44, .ver = "2.0.0", .body = 150'000});
    const auto older = test::make_image({.seq = 43, .ver = "1.9.0", .body = 150'000});
    rig.allow(newer);
    rig.server.bytes_a_second = 20'000;
    rig.settles_on_failure = false;  // the refusal of the lower one
    bool offered = false;
    rig.watch = [&](ota::Updater& updater) {
        if (offered || updater.progress().done < 64 * 1024) return false;
        offered = true;
        rig.server.file = newer;
        rig.server.bytes_a_second = 0;
        EXPECT_TRUE(updater.offer(as_bytes(rig.envelope(newer))));
        const auto refused = updater.offer(as_bytes(rig.envelope(older)));
        EXPECT_TRUE(!refused && refused.error() == errors::busy);
        return false;
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const Boot second = rig.boot();
    EXPECT_EQ(second.seq, 44U);
}

TEST_F(Updates, can_be_cancelled) {
    rig.server.bytes_a_second = 20'000;
    bool cancelled = false;
    rig.watch = [&](ota::Updater& updater) {
        if (cancelled || updater.progress().done < 64 * 1024) return false;
        cancelled = true;
        EXPECT_TRUE(updater.offer(as_bytes(command("cancel", 1))));
        return false;
    };
    EXPECT_TRUE(rig.boot().refused(errors::cancelled));
    rig.retained.clear();
    EXPECT_EQ(rig.boot().last.state, State::idle) << "it does not resume";
}

TEST_F(Updates, go_back_when_the_new_image_crashes_at_start_and_quarantine_it_the_second_time) {
    rig.allow(new_image, Conduct::crashes);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    const Boot back = rig.boot();
    EXPECT_EQ(back.seq, 41U);
    EXPECT_EQ(back.log.error_of(State::rolled_back), Error(errors::ota_trial_crashed));
    EXPECT_EQ(back.end, BootEnd::restart) << "one more trial, without another download";
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_EQ(rig.boot().end, BootEnd::crash);
    const Boot again = rig.boot();
    EXPECT_EQ(again.seq, 41U);
    EXPECT_EQ(again.log.error_of(State::rolled_back), Error(errors::ota_trial_crashed));
    EXPECT_TRUE(again.refused(errors::ota_quarantined)) << "the retained manifest";
    const Boot later = rig.boot();
    EXPECT_EQ(later.end, BootEnd::settled);
    EXPECT_TRUE(later.refused(errors::ota_quarantined));
    EXPECT_EQ(rig.server.connections, 1);
    // The same image in another envelope.
    auto renamed = Manifest::of(new_image);
    renamed.more = R"(,"exp":2000000000)";
    rig.retained = rig.envelope(renamed);
    EXPECT_TRUE(rig.boot().refused(errors::ota_quarantined));
}

TEST_F(Updates, tell_a_hang_from_a_crash) {
    rig.allow(new_image, Conduct::hangs);
    static_cast<void>(rig.boot());
    EXPECT_EQ(rig.boot().end, BootEnd::hang);
    EXPECT_EQ(rig.boot().log.error_of(State::rolled_back), Error(errors::ota_trial_hung));
    EXPECT_EQ(rig.boot().end, BootEnd::hang);
    EXPECT_TRUE(rig.boot().refused(errors::ota_quarantined));
}

TEST_F(Updates, go_back_when_the_new_image_stays_silent_and_try_three_times) {
    rig.allow(new_image, Conduct::silent);
    int trials = 0;
    std::vector<Boot> boots;
    for (int i = 0; i < 8; ++i) {
        boots.push_back(rig.boot());
        if (boots.back().seq == 42) ++trials;
        if (boots.back().end == BootEnd::settled) break;
    }
    EXPECT_EQ(trials, 3);
    const Boot& last = boots.back();
    EXPECT_EQ(last.seq, 41U);
    EXPECT_EQ(last.log.error_of(State::rolled_back), Error(errors::ota_trial_silent));
    EXPECT_EQ(last.last.state, State::rolled_back);
    EXPECT_EQ(last.last.error, Error(errors::ota_trial_silent));
    EXPECT_EQ(rig.server.connections, 1);
    // Later the same offer may start again.
    rig.policy.retry_first = rig.policy.retry_longest = Duration(1);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.server.connections, 2);
}

TEST_F(Updates, a_trial_that_may_last_for_ever_is_not_over_at_once) {
    rig.policy.trial_timeout = Duration::max();
    rig.allow(new_image, Conduct::silent);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto trial = rig.boot();
    EXPECT_EQ(trial.seq, 42U);
    EXPECT_NE(trial.end, BootEnd::restart) << "it does not give itself up";
}

TEST_F(Updates, count_a_loss_of_power_in_the_trial) {
    rig.allow(new_image, Conduct::silent);
    static_cast<void>(rig.boot());
    rig.limit = std::chrono::seconds(5);
    EXPECT_EQ(rig.boot().end, BootEnd::settled);  // the power goes: the next reason is power-on
    rig.limit = std::chrono::minutes(5);
    const Boot back = rig.boot();
    EXPECT_EQ(back.seq, 41U);
    EXPECT_EQ(back.log.error_of(State::rolled_back), Error(errors::ota_trial_power));
    EXPECT_EQ(back.end, BootEnd::restart) << "tried again";
    rig.allow(new_image, Conduct::healthy);
    expect_updated(1);
}

TEST_F(Updates, refuse_others_during_the_trial) {
    const auto newer = test::make_image({.seq = 44, .ver = "2.0.0", .body = 150'000});
    rig.allow(new_image, Conduct::silent);
    static_cast<void>(rig.boot());
    bool offered = false;
    rig.watch = [&](ota::Updater& updater) {
        if (offered) return false;
        offered = true;
        EXPECT_TRUE(updater.on_trial());
        const auto refused = updater.offer(as_bytes(rig.envelope(newer)));
        EXPECT_TRUE(!refused && refused.error() == errors::ota_in_trial);
        EXPECT_TRUE(updater.offer(as_bytes(rig.retained))) << "its own manifest again is success";
        EXPECT_TRUE(updater.cancel()) << "nothing to end";
        return false;
    };
    const Boot trial = rig.boot();
    EXPECT_TRUE(offered);
    EXPECT_EQ(trial.end, BootEnd::restart) << "silent: it gives itself up";
}

TEST_F(Updates, can_be_confirmed_by_a_signed_command) {
    rig.allow(new_image, Conduct::silent);
    static_cast<void>(rig.boot());
    bool sent = false;
    rig.watch = [&](ota::Updater& updater) {
        if (!sent) {
            EXPECT_TRUE(updater.offer(as_bytes(command("confirm", 1))));
        }
        sent = true;
        return updater.progress().state == State::confirmed;
    };
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(Updates, are_ended_by_a_signed_roll_back_during_the_trial) {
    rig.allow(new_image, Conduct::silent);
    static_cast<void>(rig.boot());
    bool sent = false;
    rig.watch = [&](ota::Updater& updater) {
        if (!sent) {
            EXPECT_TRUE(updater.offer(as_bytes(command("rollback", 1))));
        }
        sent = true;
        return false;
    };
    const Boot trial = rig.boot();
    EXPECT_EQ(trial.end, BootEnd::restart);
    const Boot back = rig.boot();
    EXPECT_EQ(back.seq, 41U);
    EXPECT_EQ(back.log.error_of(State::rolled_back), Error(errors::cancelled));
    EXPECT_EQ(back.end, BootEnd::settled) << "no further trial";
}

TEST_F(Updates, can_be_rolled_back_by_a_signed_command) {
    rig.retained = rig.envelope(new_image, 41);
    const auto manifest = rig.retained;
    ASSERT_EQ(rig.boot_until_settled(2).back().seq, 42U);
    rig.retained = command("rollback", 1);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.retained.clear();
    const Boot back = rig.boot();
    EXPECT_EQ(back.seq, 41U);
    EXPECT_EQ(back.last.state, State::confirmed);
    EXPECT_EQ(back.floor, 41U) << "the floor stays";
    // The manifest that is still retained does not undo it, but the same image newly signed may.
    rig.retained = manifest;
    EXPECT_TRUE(rig.boot().refused(errors::ota_quarantined));
    auto anew = Manifest::of(new_image, 41);
    anew.more = R"(,"note":"again")";
    rig.retained = rig.envelope(anew);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(Updates, are_not_rolled_back_below_the_floor) {
    rig.retained = rig.envelope(new_image, 42);
    ASSERT_EQ(rig.boot_until_settled(2).back().seq, 42U);
    rig.retained = command("rollback", 1);
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::ota_below_floor));
    EXPECT_EQ(rig.boot().seq, 42U);
    // Nor does an update go below it.
    auto below = Manifest::of(old_image);
    rig.retained = rig.envelope(below);
    EXPECT_TRUE(rig.boot().refused(errors::ota_below_floor));
}

TEST_F(Updates, refuse_a_roll_back_below_the_floor_at_once) {
    rig.retained = rig.envelope(new_image, 42);
    ASSERT_EQ(rig.boot_until_settled(2).back().seq, 42U);
    rig.retained.clear();
    Status outcome;
    rig.on_line = [&](ota::Updater& updater) { outcome = updater.offer(as_bytes(command("rollback", 1))); };
    static_cast<void>(rig.boot());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), errors::ota_below_floor);
}

TEST_F(Updates, are_not_rolled_back_to_a_slot_that_a_download_has_touched) {
    ASSERT_EQ(rig.boot_until_settled(2).back().seq, 42U);
    auto third = test::make_image({.seq = 43, .ver = "1.5.0", .body = 150'000});
    rig.server.file = third;
    rig.server.file[140'000] ^= 1;
    rig.retained = rig.envelope(third);
    EXPECT_TRUE(rig.boot().refused(errors::ota_hash));
    rig.retained = command("rollback", 1);
    EXPECT_TRUE(rig.boot().refused(errors::ota_no_rollback));
}

ESB_REENTRANT(Updates, take_a_key_set_and_what_it_signs) {
    test::TestSigner second("second");
    const auto rotation = rig.signer.envelope("esb-keys", R"({"ver":2,"keys":[)" + second.jwk() + "]}");
    rig.on_line = [&](ota::Updater& updater) {
        const auto adopted = updater.offer(as_bytes(rotation));
        EXPECT_TRUE(adopted || adopted.error() == errors::key_unknown) << "it is new, or counts already";
    };
    rig.retained = second.envelope("esb-update", Manifest::of(new_image, 40).json());
    rig.settles_on_failure = false;  // of the key set
    expect_updated(3);
}

TEST_F(Updates, take_a_legacy_message_when_it_is_allowed) {
    if (!with_legacy_md5) GTEST_SKIP() << "left out";
    rig.policy.legacy_md5 = true;
    rig.retained = legacy(new_image);
    const auto boots = rig.boot_until_settled(2);
    const auto& reports = boots.front().log.reports;
    EXPECT_TRUE(std::any_of(reports.begin(), reports.end(), [&](const auto& report) {
        return report.state == State::downloading && report.size == new_image.size();
    })) << "the message does not say the size; the web server does";
    EXPECT_EQ(boots.back().seq, 42U);
    EXPECT_EQ(boots.back().last.state, State::confirmed);
    EXPECT_EQ(boots.back().last.ver, "1.4.0");
    EXPECT_EQ(rig.server.connections, 1);
    EXPECT_EQ(rig.boot().last.state, State::confirmed) << "retained: nothing is fetched again";
    EXPECT_EQ(rig.server.connections, 1);
}

// What was confirmed is a record; what is in the slot somebody may have put there by cable since.
TEST_F(Updates, are_installed_again_over_what_came_by_cable) {
    expect_updated();
    put_by_cable(chip::SlotId::b, 41);
    const auto boots = rig.boot_until_settled(3);
    EXPECT_EQ(boots.front().seq, 41U);
    EXPECT_EQ(boots.back().seq, 42U);
    EXPECT_EQ(boots.back().last.state, State::confirmed);
    EXPECT_EQ(rig.server.connections, 2);
}

TEST_F(Updates, are_not_taken_for_what_came_by_cable_with_the_same_number) {
    expect_updated();
    put_by_cable(chip::SlotId::a, 42);
    erase_boot_record();  // as a programming tool does: slot a boots
    const auto boot = rig.boot();
    EXPECT_EQ(boot.slot, chip::SlotId::a);
    EXPECT_TRUE(boot.refused(errors::ota_seq)) << name(boot.last.state);
}

TEST_F(Updates, are_refused_as_often_as_the_policy_says) {
    rig.policy.download_refusals = 2;
    rig.server.status = 404;
    EXPECT_TRUE(rig.boot().refused(errors::http_status));
    EXPECT_EQ(rig.server.connections, 2);
}

// Nothing of what failed before is told of the one that runs already.
TEST_F(Updates, that_run_already_are_told_without_the_trouble_of_another) {
    expect_updated();
    const auto present = rig.retained;
    const auto other = test::make_image({.seq = 43, .ver = "1.5.0", .body = 30'000});
    rig.retained = rig.envelope(other, 40);
    rig.server.status = 404;
    bool is_repeated = false;
    rig.watch = [&](ota::Updater& updater) {
        if (updater.progress().state != State::failed || is_repeated) return is_repeated;
        EXPECT_FALSE(updater.progress().host.empty());
        EXPECT_TRUE(updater.offer(as_bytes(present)));
        return is_repeated = true;
    };
    const auto boot = rig.boot();
    EXPECT_TRUE(is_repeated);
    EXPECT_EQ(boot.last.state, State::confirmed);
    EXPECT_TRUE(boot.last.host.empty());
    EXPECT_FALSE(boot.last.error);
}

TEST_F(Updates, tell_no_size_that_nobody_knows) {
    if (!with_legacy_md5) GTEST_SKIP() << "left out";
    rig.policy.legacy_md5 = true;
    rig.retained = legacy(new_image);
    rig.server.tells_size = false;
    const auto boots = rig.boot_until_settled(2);
    EXPECT_EQ(boots.back().last.state, State::confirmed);
    for (const auto& report : boots.front().log.reports) {
        EXPECT_TRUE(report.state != State::downloading || report.size == 0) << report.size;
    }
}

TEST_F(Updates, refuse_a_legacy_file_that_is_wrong) {
    if (!with_legacy_md5) GTEST_SKIP() << "left out";
    rig.policy.legacy_md5 = true;
    rig.retained = legacy(new_image);
    rig.server.file = test::make_image({.seq = 42, .app = "another"});
    expect_failed(errors::ota_wrong_app);
    rig.server.file = test::make_image({.seq = 42, .hw = "esp32"});
    expect_failed(errors::ota_wrong_hw);
    rig.server.file.assign(200 * kib, 'x');
    expect_failed(errors::ota_too_large);
    rig.server.tells_size = false;
    rig.server.file = test::make_image({.seq = 42, .body = 200 * kib});
    expect_failed(errors::ota_too_large);
    rig.server.file = new_image;
    rig.server.file[120'000] ^= 1;
    expect_failed(errors::ota_hash);
}

TEST_F(Updates, survive_flash_that_fails_once) {
    rig.on_line = [&](ota::Updater&) {
        vchip::FaultPlan plan;
        plan.failures = {flash.operations() + 5, flash.operations() + 20};
        flash.set_plan(plan);
    };
    rig.limit = std::chrono::minutes(10);
    const auto boots = rig.boot_until_settled(3);
    EXPECT_EQ(boots.back().seq, 42U);
    EXPECT_EQ(boots.back().last.state, State::confirmed);
}

TEST_F(Updates, fail_when_the_flash_is_worn_out) {
    rig.on_line = [&](ota::Updater&) {
        vchip::FaultPlan plan;
        for (std::uint64_t n = 4; n < 2000; ++n) plan.failures.insert(flash.operations() + n);
        flash.set_plan(plan);
    };
    rig.limit = std::chrono::minutes(10);
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::flash_failed)) << name(boot.last.state);
    flash.set_plan({});
    rig.on_line = {};
    EXPECT_EQ(rig.boot().seq, 41U);
}

}  // namespace
}  // namespace esb
