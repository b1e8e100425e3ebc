// Updates by smaller files: the image compressed, or the difference from the running one. What is fetched, where it goes on,
// and what follows when it is not what was promised.
#include "esb/ota/chunk_cipher.hpp"
#include "esb/ota/errors.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/cli/packer.hpp"
#include "tests/support/packed.hpp"
#include "tests/support/packed_rig.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb {
namespace {

using ota::Fetched;
using ota::State;
using test::BootEnd;
using test::PackedOffer;

constexpr std::size_t block = ota::packed::block_size;

class PackedUpdates : public testing::Test {
protected:
    const test::Image old_image = test::image_like_code({.seq = 41, .ver = "1.3.0", .body = 150'000}, 1);
    const test::Image new_image = test::next_image(old_image, {.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image, test::large_flash);
    vchip::Flash flash{store};
    test::PackedRig rig{flash};

    PackedUpdates() { rig.offer(old_image, new_image); }

    void expect_confirmed(std::size_t most = 2) {
        const auto boots = rig.boot_until_settled(most);
        EXPECT_EQ(boots.back().seq, 42U);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
    }
    // What the first boot said when it fell back.
    std::vector<std::pair<Fetched, Error>> fallen_back(const test::Boot& boot) const {
        std::vector<std::pair<Fetched, Error>> all;
        for (const auto& report : boot.log.reports) {
            if (report.fell_back) all.emplace_back(report.fetched, *report.error);
        }
        return all;
    }
    void expect_fall_back_to(Fetched form, const ErrorKind& why) {
        const auto boot = rig.boot();
        EXPECT_EQ(boot.end, BootEnd::restart);
        const auto all = fallen_back(boot);
        ASSERT_EQ(all.size(), 1U);
        EXPECT_EQ(all[0].first, form);
        EXPECT_EQ(all[0].second, why) << all[0].second.name();
        EXPECT_EQ(rig.boot().last.state, State::confirmed);
    }
};

TEST_F(PackedUpdates, come_as_the_difference_from_the_running_image) {
    const auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_EQ(boot.log.reports.front().fetched, Fetched::delta);
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
    EXPECT_EQ(rig.delta.body_bytes, rig.delta.file.size());
    EXPECT_LT(rig.delta.file.size(), new_image.size() / 10);
    EXPECT_EQ(rig.packed.connections, 0);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, come_compressed_where_no_difference_is_for_the_running_image) {
    rig.offered.from = {test::next_image(old_image, {.seq = 40, .ver = "1.2.0"})};
    rig.publish();
    expect_confirmed();
    EXPECT_EQ(rig.delta.connections, 0);
    EXPECT_EQ(rig.packed.body_bytes, rig.packed.file.size());
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, find_the_difference_for_the_running_image_among_others) {
    rig.offered.from = {test::next_image(old_image, {.seq = 40, .ver = "1.2.0"}), new_image, old_image};
    rig.publish();
    expect_confirmed();
    EXPECT_EQ(rig.delta.body_bytes, rig.delta.file.size());
    EXPECT_EQ(rig.packed.connections, 0);
}

// The second update's old image is one that an update has installed: its hash is on record.
TEST_F(PackedUpdates, follow_each_other) {
    expect_confirmed();
    const auto third = test::next_image(new_image, {.seq = 43, .ver = "1.5.0"});
    rig.offer(new_image, third);
    rig.offered.from = {old_image, new_image};
    rig.publish();
    const auto boots = rig.boot_until_settled(3);
    EXPECT_EQ(boots.back().seq, 43U);
    EXPECT_EQ(rig.packed.connections, 0);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, go_on_where_a_connection_broke_off) {
    for (const bool by_delta : {true, false}) {
        auto fresh = test::factory_flash(old_image, test::large_flash);
        vchip::Flash its_flash(fresh);
        test::PackedRig device(its_flash);
        device.offer(old_image, new_image);
        if (!by_delta) device.offered.from.clear();
        device.publish();
        auto& server = by_delta ? device.delta : device.packed;
        server.drop_after = by_delta ? 101 : 997;
        device.limit = std::chrono::minutes(30);
        const auto boots = device.boot_until_settled(2);
        EXPECT_EQ(boots.back().seq, 42U);
        EXPECT_EQ(server.body_bytes, server.file.size()) << "not a byte twice";
        EXPECT_GT(server.connections, 5);
        EXPECT_EQ(device.server.connections, 0);
    }
}

TEST_F(PackedUpdates, go_on_at_a_block_after_a_restart) {
    rig.offered.from.clear();
    rig.publish();
    for (std::uint32_t blocks = 1; blocks <= 2; ++blocks) {
        rig.watch = [&](ota::Updater& updater) { return updater.progress().done >= blocks * block; };
        rig.packed.bytes_a_second = 40'000;
        EXPECT_EQ(rig.boot().seq, 41U);
    }
    rig.watch = nullptr;
    rig.packed.bytes_a_second = 0;
    expect_confirmed();
    ASSERT_EQ(rig.packed.range_starts.size(), 3U);
    EXPECT_GT(rig.packed.range_starts[1], 0U);
    EXPECT_GT(rig.packed.range_starts[2], rig.packed.range_starts[1]);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, begin_anew_when_the_server_ignores_the_range) {
    rig.delta.drop_after = 300;
    rig.delta.on_connection = [this](int number) {
        if (number < 2) return;
        rig.delta.ignores_range = true;
        rig.delta.drop_after.reset();
    };
    expect_confirmed();
    EXPECT_EQ(rig.delta.connections, 2);
    EXPECT_EQ(rig.packed.connections, 0);
}

TEST_F(PackedUpdates, go_on_when_a_whole_file_that_came_in_place_of_the_rest_is_refused) {
    rig.offered.from.clear();
    rig.publish();
    rig.packed.bytes_a_second = 20'000;
    rig.packed.on_connection = [this](int number) {
        rig.packed.ignores_range = number == 2;
        rig.packed.drop_after.reset();
        if (number == 1) rig.packed.drop_after = rig.packed.file.size() - 2000;
        if (number == 2) rig.packed.drop_after = 10;
    };
    expect_confirmed();
    EXPECT_EQ(rig.packed.connections, 3);
    EXPECT_GT(rig.packed.range_starts[2], 0U) << "the mark is behind the first block";
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, fall_back_when_a_file_is_not_there) {
    rig.delta.status = 404;
    expect_fall_back_to(Fetched::packed, errors::http_status);
    EXPECT_EQ(rig.delta.connections, 1);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(PackedUpdates, fall_back_twice_when_both_files_are_not_there) {
    rig.delta.status = 404;
    rig.packed.status = 403;
    const auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_EQ(fallen_back(boot).size(), 2U);
    EXPECT_EQ(rig.server.body_bytes, new_image.size());
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
}

TEST_F(PackedUpdates, ask_every_address_of_a_form_before_they_fall_back) {
    rig.offered.urls = "http://192.0.2.9/none http://192.0.2.3/file";
    rig.publish();
    expect_confirmed();
    EXPECT_EQ(rig.delta.connections, 1);
    EXPECT_EQ(rig.packed.connections, 0);
}

TEST_F(PackedUpdates, fall_back_when_nobody_answers) {
    rig.offered.urls = "http://192.0.2.9/none";
    rig.publish();
    expect_fall_back_to(Fetched::packed, errors::socket_unreachable);
}

TEST_F(PackedUpdates, are_asked_for_three_times_before_they_fall_back) {
    rig.delta.status = 503;
    rig.publish();
    expect_fall_back_to(Fetched::packed, errors::http_status);
    EXPECT_EQ(rig.delta.connections, 3);
}

TEST_F(PackedUpdates, fall_back_from_a_wrong_block_and_keep_those_before_it) {
    rig.offered.from.clear();
    rig.publish();
    rig.packed.file[rig.packed.file.size() * 3 / 4] ^= 1;
    expect_fall_back_to(Fetched::image, errors::ota_packed);
    ASSERT_EQ(rig.server.range_starts.size(), 1U);
    EXPECT_GE(rig.server.range_starts[0], block);
    EXPECT_EQ(rig.server.range_starts[0] % block, 0U);
}

TEST_F(PackedUpdates, fall_back_from_a_file_of_another_size) {
    rig.delta.file.push_back(0);
    expect_fall_back_to(Fetched::packed, errors::ota_size);
}

TEST_F(PackedUpdates, fall_back_from_a_file_of_another_image) {
    auto other = new_image;
    other[100'000] ^= 1;
    rig.deliver_difference(cli::pack_image(other, old_image));
    expect_fall_back_to(Fetched::packed, errors::ota_hash);
    EXPECT_EQ(rig.packed.body_bytes, rig.packed.file.size()) << "from the first byte on";
}

// The address that has delivered the wrong image is no suspect of the next form's.
TEST_F(PackedUpdates, fall_back_to_the_image_of_the_same_server) {
    auto other = new_image;
    other[100'000] ^= 1;
    rig.offered.packed = false;
    rig.offered.urls = "http://192.0.2.1/image.bin";
    rig.publish();
    rig.server.file.assign(rig.delta.file.begin(), rig.delta.file.end());
    rig.server.on_connection = [this](int number) {
        if (number > 1) rig.server.file = new_image;
    };
    rig.server.file[rig.server.file.size() / 2] ^= 1;
    expect_fall_back_to(Fetched::image, errors::ota_packed);
}

TEST_F(PackedUpdates, do_not_try_again_after_a_restart_what_has_failed) {
    rig.delta.status = 404;
    rig.packed.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done > 0; };
    EXPECT_EQ(rig.boot().seq, 41U);
    rig.watch = nullptr;
    rig.packed.bytes_a_second = 0;
    expect_confirmed();
    EXPECT_EQ(rig.delta.connections, 1);
    EXPECT_EQ(rig.server.connections, 0);
}

// The compressed file goes on elsewhere than a difference that cannot be used any more.
TEST_F(PackedUpdates, do_not_go_on_behind_the_mark_of_another_form) {
    rig.offered.from = {test::next_image(old_image, {.seq = 40, .ver = "1.2.0"})};
    rig.publish();
    rig.packed.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= block; };
    EXPECT_EQ(rig.boot().seq, 41U);
    rig.watch = nullptr;
    rig.packed.bytes_a_second = 0;
    rig.before_begin = [&](chip::KeyValue& key_value) {
        const ota::Records records(key_value);
        auto mark = records.mark.load();
        if (!mark) return;
        mark->form = ota::first_delta;
        mark->packed -= 1000;
        EXPECT_TRUE(records.mark.save(*mark));
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    ASSERT_EQ(rig.packed.range_starts.size(), 2U);
    EXPECT_EQ(rig.packed.range_starts[1], 0U);
    EXPECT_EQ(rig.delta.connections + rig.server.connections, 0);
}

TEST_F(PackedUpdates, are_not_from_hosts_that_are_not_allowed) {
    static_cast<void>(rig.policy.hosts.assign("192.0.2.1"));
    const auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_EQ(fallen_back(boot).size(), 2U);
    EXPECT_EQ(rig.delta.connections + rig.packed.connections, 0);
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
}

TEST_F(PackedUpdates, end_as_ever_when_the_image_cannot_be_had_either) {
    rig.delta.status = rig.packed.status = rig.server.status = 404;
    const auto boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::http_status));
    EXPECT_EQ(boot.seq, 41U);
    EXPECT_EQ(rig.delta.connections, 1);
    EXPECT_EQ(rig.packed.connections, 1);
    EXPECT_EQ(rig.server.connections, 4);
}

TEST_F(PackedUpdates, leave_uploads_of_the_whole_image_as_they_are) {
    Status outcome = fail(errors::cancelled);
    const auto envelope = rig.retained;
    rig.retained.clear();
    rig.on_line = [&](ota::Updater& updater) {
        outcome = test::upload(updater, test::bundle_of(envelope, new_image));
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_TRUE(outcome);
    rig.on_line = nullptr;
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(PackedUpdates, are_refused_with_a_url_that_is_none) {
    rig.offered.urls = "ftp://192.0.2.3/file";
    rig.publish();
    EXPECT_TRUE(rig.boot().refused(errors::url_scheme));
}

// A file that somebody has changed anywhere makes no other image, whatever else is there.
TEST_F(PackedUpdates, accept_no_forged_file) {
    const auto small_old = test::image_like_code({.seq = 41, .ver = "1.3.0", .body = 3000}, 1);
    const auto small_new = test::next_image(small_old, {.seq = 42, .ver = "1.4.0"});
    std::size_t tried = 0;
    std::size_t accepted = 0;
    for (const bool by_delta : {true, false}) {
        for (std::size_t bit = 0, bits = 1; bit < bits; bit += 61, ++tried) {
            auto fresh = test::factory_flash(small_old, test::large_flash);
            vchip::Flash its_flash(fresh);
            test::PackedRig device(its_flash);
            device.offer(small_old, small_new);
            if (!by_delta) device.offered.from.clear();
            device.publish();
            auto& file = by_delta ? device.delta.file : device.packed.file;
            bits = 8 * file.size();
            file[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            device.server.status = 404;
            if (by_delta) device.packed.status = 404;
            const auto boots = device.boot_until_settled(2);
            for (const auto& boot : boots) accepted += boot.authorized ? 0 : 1;
            EXPECT_TRUE(boots.back().seq == 41 || boots.back().last.state == State::confirmed);
        }
    }
    std::cout << tried << " forged packed files, " << accepted << " accepted\n";
    EXPECT_EQ(accepted, 0U);
}

class EncryptedPackedUpdates : public PackedUpdates {
protected:
    EncryptedPackedUpdates() {
        rig.offered.encrypted = true;
        rig.publish();
    }
};

TEST_F(EncryptedPackedUpdates, come_as_the_difference) {
    expect_confirmed();
    EXPECT_EQ(rig.delta.body_bytes, rig.delta.file.size());
    EXPECT_EQ(rig.packed.connections + rig.server.connections, 0);
}

TEST_F(EncryptedPackedUpdates, go_on_at_a_chunk_after_a_broken_connection) {
    rig.offered.from.clear();
    rig.publish();
    constexpr std::size_t step = ota::chunk_size + ota::chunk_tag_size;
    rig.packed.drop_after = 2 * step + 100;
    expect_confirmed();
    EXPECT_GT(rig.packed.range_starts.size(), 2U);
    for (const auto start : rig.packed.range_starts) EXPECT_EQ(start % (2 * step), 0U);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(EncryptedPackedUpdates, go_on_in_the_middle_of_a_chunk_after_a_restart) {
    rig.offered.from.clear();
    rig.publish();
    rig.packed.bytes_a_second = 20'000;
    rig.watch = [](ota::Updater& updater) { return updater.progress().done >= block; };
    EXPECT_EQ(rig.boot().seq, 41U);
    rig.watch = nullptr;
    rig.packed.bytes_a_second = 0;
    expect_confirmed();
    ASSERT_EQ(rig.packed.range_starts.size(), 2U);
    EXPECT_GT(rig.packed.range_starts[1], 0U);
    EXPECT_EQ(rig.server.connections, 0);
}

TEST_F(EncryptedPackedUpdates, fall_back_to_the_encrypted_image) {
    rig.delta.status = rig.packed.status = 404;
    expect_confirmed();
    EXPECT_EQ(rig.server.body_bytes, ota::encrypted_size(static_cast<std::uint32_t>(new_image.size())));
}

// Nonces are numbers of chunks: a key that two forms had in common would tell what differs between them.
TEST_F(EncryptedPackedUpdates, have_a_key_for_each_form) {
    const auto pack = [&](bool by_delta) {
        return std::string_view(by_delta ? rig.plain_delta : rig.plain_packed);
    };
    const auto key = rig.content_key();
    const auto of_packed = ota::key_of_form(key, "esb z");
    const auto of_delta = ota::key_of_form(key, "esb from " + test::hex(crypto::sha256(old_image)));
    EXPECT_FALSE(of_packed == key);
    EXPECT_FALSE(of_packed == of_delta);
    const auto size = static_cast<std::uint32_t>(pack(false).size());
    for (const auto* with : {&key, &of_delta}) {
        ota::ChunkCipher cipher(*with, size, crypto::sha256(new_image));
        ConstBytes piece = rig.packed.file;
        const auto opened = cipher.take(piece);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error(), errors::ota_chunk);
    }
    ota::ChunkCipher cipher(of_packed, size, crypto::sha256(new_image));
    ConstBytes piece = rig.packed.file;
    const auto opened = cipher.take(piece);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(*opened), pack(false).substr(0, opened->size()));
}

TEST_F(EncryptedPackedUpdates, are_not_taken_in_another_forms_place) {
    rig.packed.file = rig.delta.file;
    rig.offered.from.clear();
    rig.publish_only();
    expect_fall_back_to(Fetched::image, errors::ota_size);
}

}  // namespace
}  // namespace esb
