// Updates that bring data for partitions: image and data come, count and go back together.
#include "esb/ota/errors.hpp"
#include "tests/support/bundle.hpp"
#include "tests/support/data_rig.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

using ota::Fetched;
using ota::State;
using test::BootEnd;
using test::Conduct;
using test::data_entry;
using test::some_data;

class DataUpdates : public testing::Test {
protected:
    const test::Image first = test::make_image({.seq = 40, .ver = "1.2.0"});
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 3000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    const test::Image third = test::make_image({.seq = 43, .ver = "1.5.0", .body = 4000});
    const test::Image old_page = some_data(20'000, 1);
    const test::Image new_page = some_data(50'001, 2);
    const test::Image learned = some_data(9'000, 3);
    vchip::MemoryStore store = test::flash_with_data(first, old_image, old_page);
    vchip::Flash flash{store};
    test::DataRig rig{flash};

    DataUpdates() {
        rig.allow(old_image);
        rig.offer(new_image, new_page);
    }
    void expect_new(const test::Boot& boot) const {
        EXPECT_EQ(boot.seq, 42U);
        EXPECT_EQ(boot.www, new_page);
        EXPECT_EQ(boot.last.state, State::confirmed);
    }
    void expect_old(const test::Boot& boot) const {
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_EQ(boot.www, old_page);
    }
    std::vector<std::uint8_t> read(std::size_t at, std::size_t size) {
        std::vector<std::uint8_t> bytes(size);
        EXPECT_TRUE(flash.read(at, bytes));
        return bytes;
    }
    // The message is refused, and neither a byte of flash nor a server was asked for it.
    void expect_refused(const std::string& more, const ErrorKind& why) {
        rig.offer_with(new_image, more);
        constexpr std::size_t slots = 0x20000;  // and all behind them
        const auto before = read(slots, test::data_flash - slots);
        const auto boot = rig.boot();
        EXPECT_TRUE(boot.refused(why)) << more << ": " << (boot.last.error ? boot.last.error->name() : "taken");
        expect_old(boot);
        EXPECT_EQ(rig.www.connections + rig.model.connections + rig.server.connections, 0) << more;
        EXPECT_EQ(read(slots, test::data_flash - slots), before) << more;
    }
};

TEST_F(DataUpdates, come_with_their_data) {
    const auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    expect_old(boot);
    EXPECT_EQ(boot.log.reports.front().fetched, Fetched::data);
    EXPECT_EQ(boot.log.reports.front().size, new_page.size());
    expect_new(rig.boot());
    EXPECT_EQ(rig.www.body_bytes, new_page.size());
    EXPECT_EQ(rig.server.body_bytes, new_image.size());
}

TEST_F(DataUpdates, bring_several_files) {
    rig.offer(new_image, new_page, learned);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    expect_new(boot);
    const auto* const model = boot.data.find("model");
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->sha256, crypto::sha256(learned));
    EXPECT_EQ(read(boot.slot == chip::SlotId::a ? 0x60000 : 0x64000, learned.size()), learned);
}

TEST_F(DataUpdates, fill_a_partition_to_its_last_byte) {
    const auto whole = some_data(test::www_size, 5);
    rig.offer(new_image, whole);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().www, whole);
    const auto more = some_data(test::www_size + 1, 5);
    rig.offer(third, more);
    EXPECT_TRUE(rig.boot().refused(errors::ota_data_too_large));
}

TEST_F(DataUpdates, begin_on_a_device_that_came_without) {
    auto fresh = test::factory_flash(old_image, test::data_flash);
    vchip::Flash its_flash(fresh);
    test::DataRig device(its_flash);
    device.allow(old_image);
    device.offer(new_image, new_page);
    const auto before = device.boot();
    EXPECT_EQ(before.seq, 41U);
    EXPECT_FALSE(before.www);
    EXPECT_TRUE(before.data.parts.empty());
    expect_new(device.boot());
}

// What a release does not bring it has not got.
TEST_F(DataUpdates, without_data_have_none) {
    rig.offer(new_image, {});
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_TRUE(boot.data.parts.empty());
}

TEST_F(DataUpdates, copy_what_the_running_image_came_with) {
    rig.offer(new_image, old_page);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_EQ(boot.www, old_page);
    EXPECT_EQ(rig.www.connections, 0);
}

TEST_F(DataUpdates, fetch_what_cannot_be_copied_any_more) {
    const std::array<std::uint8_t, 16> zeros{};
    const std::size_t running = rig.boot().slot == chip::SlotId::a ? 0x40000 : 0x50000;
    expect_new(rig.boot());
    const std::size_t now = running == 0x40000 ? 0x50000 : 0x40000;
    ASSERT_TRUE(flash.program(now + 0x100, zeros));
    rig.offer(third, new_page);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 43U);
    EXPECT_EQ(boot.www, new_page);
    EXPECT_EQ(rig.www.body_bytes, 2 * new_page.size());
}

TEST_F(DataUpdates, take_their_data_back_when_they_crash_or_are_silent) {
    for (const auto conduct : {Conduct::crashes, Conduct::crashes_late, Conduct::hangs, Conduct::silent}) {
        auto fresh = test::flash_with_data(first, old_image, old_page);
        vchip::Flash its_flash(fresh);
        test::DataRig device(its_flash);
        device.allow(old_image);
        device.offer(new_image, new_page);
        device.allow(new_image, conduct);
        unsigned trials = 0;
        test::Boot boot;
        for (int i = 0; i < 12; ++i) {
            boot = device.boot();
            if (boot.seq == 42) ++trials;
            const bool looks = boot.seq == 42 && conduct != Conduct::crashes;  // before it does anything else
            if (looks) {
                EXPECT_EQ(boot.www, new_page);
            }
            if (boot.seq == 41) expect_old(boot);
            if (boot.end == BootEnd::settled) break;
        }
        EXPECT_GE(trials, 2U);
        expect_old(boot);
        EXPECT_EQ(device.www.body_bytes, new_page.size()) << "another trial fetches nothing";
    }
}

TEST_F(DataUpdates, go_back_with_a_signed_roll_back) {
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    rig.retained.clear();
    rig.on_line = [this](ota::Updater& updater) {
        const auto command = rig.signer.envelope("esb-command", R"({"cmd":"rollback","ctr":1})");
        EXPECT_TRUE(updater.offer(as_bytes(command)));
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.on_line = nullptr;
    const auto boot = rig.boot();
    expect_old(boot);
    EXPECT_EQ(boot.last.state, State::confirmed);
}

// Its data is overwritten from the first byte on.
TEST_F(DataUpdates, cannot_go_back_once_the_data_of_before_is_being_replaced) {
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    rig.offer(third, some_data(60'000, 7));
    rig.www.drop_after = 30'000;
    rig.www.on_connection = [this](int number) { rig.www.status = number > 2 ? 404 : 200; };  // 1: the page that runs
    rig.policy.download_refusals = 1;
    rig.boot();
    rig.retained.clear();
    bool asked = false;
    rig.on_line = [&](ota::Updater& updater) {
        static_cast<void>(updater.cancel());
        const auto command = rig.signer.envelope("esb-command", R"({"cmd":"rollback","ctr":1})");
        const auto outcome = updater.offer(as_bytes(command));
        asked = true;
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error(), errors::ota_no_rollback);
    };
    const auto boot = rig.boot();
    EXPECT_TRUE(asked);
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_EQ(boot.www, new_page);
}

TEST_F(DataUpdates, go_on_behind_the_mark_after_a_restart) {
    rig.watch = [](ota::Updater& updater) {
        return updater.progress().fetched == Fetched::data && updater.progress().done >= 30'000;
    };
    rig.www.bytes_a_second = 20'000;
    expect_old(rig.boot());
    rig.watch = nullptr;
    rig.www.bytes_a_second = 0;
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    ASSERT_EQ(rig.www.range_starts.size(), 2U);
    EXPECT_EQ(rig.www.range_starts[1] % 4096, 0U);
    EXPECT_GT(rig.www.range_starts[1], 0U);
}

// Hashed again in flash, not fetched again; and the image goes on behind its own mark.
TEST_F(DataUpdates, keep_data_that_is_complete_over_a_restart) {
    const auto large = test::make_image({.seq = 42, .ver = "1.4.0", .body = 40'000});
    rig.offer(large, new_page);
    rig.server.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) {
        return updater.progress().fetched == Fetched::image && updater.progress().done >= 30'000;
    };
    expect_old(rig.boot());
    rig.watch = nullptr;
    rig.server.bytes_a_second = 0;
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_EQ(boot.www, new_page);
    EXPECT_EQ(rig.www.connections, 1);
    ASSERT_EQ(rig.server.range_starts.size(), 2U);
    EXPECT_GT(rig.server.range_starts[1], 0U);
}

TEST_F(DataUpdates, fetch_complete_data_again_that_has_rotted_since) {
    rig.server.status = 503;
    rig.limit = std::chrono::seconds(20);
    const auto boot = rig.boot();
    expect_old(boot);
    std::array<std::uint8_t, 16> zeros{};
    ASSERT_TRUE(flash.program(boot.slot == chip::SlotId::a ? 0x50400 : 0x40400, zeros));
    rig.server.status = 200;
    rig.limit = std::chrono::minutes(5);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    EXPECT_EQ(rig.www.connections, 2);
}

TEST_F(DataUpdates, with_a_wrong_file_end_and_change_nothing) {
    rig.www.file[33'333] ^= 1;
    const auto boot = rig.boot();
    expect_old(boot);
    EXPECT_EQ(boot.last.state, State::failed);
    EXPECT_EQ(boot.last.error, Error(errors::ota_hash));
    EXPECT_EQ(rig.server.connections, 0) << "the image is not even asked for";
    expect_old(rig.boot());
}

// However often it is repeated: each whole wrong file is counted, in all starts.
TEST_F(DataUpdates, with_a_wrong_file_are_given_up) {
    rig.www.file[33'333] ^= 1;
    test::Boot boot;
    for (int i = 0; i < 8; ++i) boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::ota_given_up));
    const auto connections = rig.www.connections;
    boot = rig.boot();
    EXPECT_EQ(rig.www.connections, connections);
    expect_old(boot);
}

// Signed anew, with another address or with data that the server has repaired since, it has tries of its own.
TEST_F(DataUpdates, that_were_given_up_are_taken_when_they_are_signed_anew) {
    rig.www.file[33'333] ^= 1;
    for (int i = 0; i < 4; ++i) static_cast<void>(rig.boot());
    EXPECT_TRUE(rig.boot().refused(errors::ota_given_up));
    rig.model.file = new_page;
    rig.offer_with(new_image, ",\"data\":[" + data_entry("www", new_page, test::DataRig::model_url) + "]");
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
}

TEST_F(DataUpdates, with_a_file_of_another_size_end) {
    for (const bool longer : {true, false}) {
        rig.www.file = new_page;
        rig.www.file.resize(new_page.size() + (longer ? 1 : -1UL));
        const auto boot = rig.boot();
        expect_old(boot);
        EXPECT_EQ(boot.last.error, Error(errors::ota_size));
    }
    rig.www.tells_size = false;
    rig.www.file.push_back(0);
    rig.www.file.push_back(0);
    expect_old(rig.boot());
}

TEST_F(DataUpdates, ask_the_next_address) {
    auto entry = data_entry("www", new_page, "http://192.0.2.5/absent\",\"http://192.0.2.4/www");
    rig.model.status = 404;
    rig.offer_with(new_image, ",\"data\":[" + entry + "]");
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    EXPECT_EQ(rig.model.connections, 1);
}

TEST_F(DataUpdates, are_refused_before_anything_is_fetched) {
    const auto entry = [this](std::string_view part, std::size_t size) {
        return ",\"data\":[" + data_entry(part, some_data(size, 9), test::DataRig::www_url) + "]";
    };
    expect_refused(entry("absent", 100), errors::ota_no_partition);
    expect_refused(entry("lone", 100), errors::ota_no_partition);
    expect_refused(entry("uneven", 100), errors::ota_no_partition);
    expect_refused(entry("ota", 100), errors::ota_no_partition);
    expect_refused(entry("nvs", 100), errors::ota_no_partition);
    expect_refused(entry("www_0", 100), errors::ota_no_partition);
    expect_refused(entry("www", test::www_size + 1), errors::ota_data_too_large);
    expect_refused(entry("model", 16 * 1024 + 1), errors::ota_data_too_large);
    expect_refused(entry("../www", 100), errors::manifest_member);
    rig.knows_data = false;
    expect_refused(entry("www", 100), errors::ota_no_partition);
    rig.knows_data = true;
    ASSERT_TRUE(rig.policy.hosts.assign("192.0.2.1"));
    expect_refused(entry("www", 100), errors::ota_host);
}

// Only a higher seq brings other data: image and data are one release.
TEST_F(DataUpdates, of_the_same_seq_with_other_data_are_refused) {
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    const auto again = rig.boot();
    EXPECT_EQ(again.last.state, State::confirmed) << "the same message is success";
    rig.offer(new_image, some_data(1000, 8));
    EXPECT_TRUE(rig.boot().refused(errors::ota_seq));
    rig.offer(new_image, {});
    EXPECT_TRUE(rig.boot().refused(errors::ota_seq));
}

// The image of before has failed; the next one has its seq, and comes without data.
TEST_F(DataUpdates, never_read_what_another_image_of_their_seq_came_with) {
    rig.allow(new_image, Conduct::crashes_late);
    for (int i = 0; i < 8; ++i) rig.boot();
    const auto another = test::make_image({.seq = 42, .ver = "1.4.1", .body = 100});
    rig.offer(another, {});
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 42U);
    EXPECT_TRUE(boot.data.parts.empty());
}

// What a cable has put into the slot came without.
TEST_F(DataUpdates, do_not_count_for_an_image_that_came_by_cable) {
    rig.retained.clear();
    const auto slot = rig.boot().slot == chip::SlotId::a ? 0x20000 : 0x30000;
    auto padded = third;
    padded.resize((third.size() + 15) / 16 * 16, 0xFF);
    ASSERT_TRUE(flash.erase(static_cast<std::size_t>(slot), 0x10000));
    ASSERT_TRUE(flash.program(static_cast<std::size_t>(slot), padded));
    rig.allow(third);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.seq, 43U);
    EXPECT_TRUE(boot.data.parts.empty());
}

TEST_F(DataUpdates, may_be_encrypted) {
    rig.offer_encrypted(new_image, new_page);
    ASSERT_NE(rig.www.file, new_page);
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    expect_new(rig.boot());
    EXPECT_EQ(rig.www.body_bytes, ota::encrypted_size(static_cast<std::uint32_t>(new_page.size())));
}

TEST_F(DataUpdates, are_refused_as_an_upload) {
    const auto envelope = rig.retained;
    rig.retained.clear();
    Status outcome;
    rig.on_line = [&](ota::Updater& updater) { outcome = test::upload(updater, test::bundle_of(envelope, new_image)); };
    const auto boot = rig.boot();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), errors::ota_data_upload) << outcome.error().name();
    expect_old(boot);
}

// An upload is an update as well: what lay beside the slot before does not count for it.
TEST_F(DataUpdates, leave_nothing_behind_for_an_upload) {
    rig.allow(new_image, Conduct::crashes_late);
    for (int i = 0; i < 8; ++i) rig.boot();
    const auto another = test::make_image({.seq = 42, .ver = "1.4.1", .body = 100});
    rig.allow(another);
    const auto envelope = rig.envelope(another);
    rig.retained.clear();
    rig.on_line = [&](ota::Updater& updater) {
        EXPECT_TRUE(test::upload(updater, test::bundle_of(envelope, another)));
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.on_line = nullptr;
    EXPECT_TRUE(rig.boot().data.parts.empty());
}

}  // namespace
}  // namespace esb
