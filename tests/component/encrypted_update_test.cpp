// Images that are encrypted, as `esb sign --encrypt` makes them: what is opened, what is not, and where it goes on.
#include "esb/crypto/key_agreement.hpp"
#include "esb/ota/chunk_cipher.hpp"
#include "esb/ota/errors.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "tests/support/bundle.hpp"
#include "tests/support/cuts.hpp"
#include "tests/support/reentrant.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb {
namespace {

using ota::State;
using test::Boot;
using test::BootEnd;

constexpr std::size_t step = ota::chunk_size + ota::chunk_tag_size;  // of the file

crypto::P256KeyPair new_pair() {
    vchip::HostEntropy entropy;
    return crypto::make_key_pair(entropy).value();
}
const crypto::P256KeyPair& ours() {
    static const auto pair = new_pair();
    return pair;
}

struct Encrypted {
    test::Image file;
    std::string more;  // of the manifest
};

Encrypted encrypt(const test::Image& image, const std::vector<cli::Recipient>& recipients) {
    cli::ImageFile facts;
    facts.size = static_cast<std::uint32_t>(image.size());
    facts.sha256 = crypto::sha256(image);
    const auto made = cli::encrypt_image(facts, as_text(image), recipients).value();
    return {{made.file.begin(), made.file.end()}, ",\"enc\":" + made.encryption};
}

// The same for every telling of a story: another key would make it another message.
const Encrypted& the_one(const test::Image& image) {
    static const Encrypted made = encrypt(image, {{"ESP-1", ours().open}});
    return made;
}

class EncryptedUpdates : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 20'000});
    const Encrypted for_us = the_one(new_image);
    test::StoryFlash memory{test::factory_flash(old_image)};
    vchip::MemoryStore& store = memory.store;
    test::UpdateRig rig{memory.flash};

    EncryptedUpdates() { prepare(rig, for_us); }

    void prepare(test::UpdateRig& device, const Encrypted& offered) {
        device.allow(old_image);
        device.allow(new_image);
        device.device_key.held = ours();
        device.server.file = offered.file;
        device.retained = envelope(offered);
    }
    std::string envelope(const Encrypted& offered) const {
        auto manifest = test::Manifest::of(new_image, 40);
        manifest.more = offered.more;
        return test::shared_signer().envelope("esb-update", manifest.json());
    }
    void expect_confirmed(test::UpdateRig& device) {
        const auto boots = device.boot_until_settled(3);
        EXPECT_EQ(boots.back().seq, 42U);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
    }
    void expect_refused(const ErrorKind& why) {
        const auto boot = rig.boot();
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_TRUE(boot.refused(why)) << (boot.last.error ? boot.last.error->name() : "no error");
        EXPECT_EQ(rig.server.connections, 0);
    }
    // What the second slot holds.
    test::Image slot_b() {
        test::Image bytes(0x10000);
        EXPECT_TRUE(store.read(0x30000, bytes));
        return bytes;
    }
};

ESB_REENTRANT(EncryptedUpdates, are_tried_and_confirmed_when_the_key_is_wrapped_for_the_device) { expect_confirmed(rig); }

TEST_F(EncryptedUpdates, find_their_key_among_those_of_other_devices) {
    const auto other = new_pair();
    prepare(rig, encrypt(new_image, {{"ESP-0", other.open}, {"ESP-1", ours().open}, {"ESP-2", other.open}}));
    expect_confirmed(rig);
}

TEST_F(EncryptedUpdates, carry_their_key_where_the_broker_is_trusted) {
    prepare(rig, encrypt(new_image, {}));
    rig.device_key.held.reset();
    expect_confirmed(rig);
}

TEST_F(EncryptedUpdates, of_any_size_fill_whole_and_broken_chunks) {
    for (const std::size_t body : {20'000U, 20'001U, 24'576U - 1152U, 24'576U - 1151U, 24'576U - 1153U}) {
        const auto image = test::make_image({.seq = 42, .ver = "1.4.0", .body = body});
        SCOPED_TRACE(image.size());
        const auto offered = encrypt(image, {{"ESP-1", ours().open}});
        EXPECT_EQ(offered.file.size(), ota::encrypted_size(static_cast<std::uint32_t>(image.size())));
        auto fresh = test::factory_flash(old_image);
        vchip::Flash its_flash(fresh);
        test::UpdateRig device(its_flash);
        device.allow(image);
        prepare(device, offered);
        auto manifest = test::Manifest::of(image, 40);
        manifest.more = offered.more;
        device.retained = device.envelope(manifest);
        expect_confirmed(device);
    }
}

TEST_F(EncryptedUpdates, show_nothing_of_the_image_on_the_web_server) {
    const std::string file(as_text(for_us.file));
    const std::string image(as_text(new_image));
    for (std::size_t at = 0; at + 12 < image.size(); at += 12) {
        const auto window = image.substr(at, 12);
        if (window == std::string(12, '\0')) continue;
        ASSERT_EQ(file.find(window), std::string::npos) << at;
    }
}

TEST_F(EncryptedUpdates, go_on_at_a_chunk_after_a_broken_connection) {
    rig.server.drop_after = 2 * step + 100;
    const auto boots = rig.boot_until_settled(3);
    EXPECT_EQ(boots.back().seq, 42U);
    ASSERT_GE(rig.server.range_starts.size(), 2U);
    EXPECT_EQ(rig.server.range_starts[1], 2 * step);
    for (const auto start : rig.server.range_starts) EXPECT_EQ(start % step, 0U);
    EXPECT_EQ(rig.server.connections, 3) << "what was half there spoils no chunk";
}

TEST_F(EncryptedUpdates, begin_anew_when_the_server_ignores_the_range) {
    rig.server.drop_after = 2 * step + 100;
    rig.server.on_connection = [this](int number) {
        rig.server.ignores_range = number == 2;
        if (number == 2) rig.server.drop_after.reset();
    };
    expect_confirmed(rig);
}

TEST_F(EncryptedUpdates, are_taken_from_a_browser) {
    Status outcome = fail(errors::cancelled);
    rig.retained.clear();
    rig.on_line = [&](ota::Updater& updater) {
        const auto bundle = test::bundle_of(envelope(for_us), for_us.file);
        outcome = test::upload(updater, bundle, bundle.size(), 700);
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_TRUE(outcome);
    rig.on_line = nullptr;
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(EncryptedUpdates, from_a_browser_have_the_size_of_the_file) {
    Status outcome;
    rig.retained.clear();
    rig.on_line = [&](ota::Updater& updater) {
        outcome = test::upload(updater, test::bundle_of(envelope(for_us), new_image));
    };
    EXPECT_TRUE(rig.boot().refused(errors::ota_size));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), errors::ota_size);
}

TEST_F(EncryptedUpdates, for_others_only_are_refused_before_anything_is_fetched) {
    prepare(rig, encrypt(new_image, {{"ESP-2", ours().open}}));
    expect_refused(errors::ota_no_key);
}

TEST_F(EncryptedUpdates, without_a_key_pair_are_refused) {
    rig.device_key.held.reset();
    expect_refused(errors::ota_no_key);
}

TEST_F(EncryptedUpdates, for_the_key_of_another_device_are_refused) {
    rig.device_key.held = new_pair();
    expect_refused(errors::ota_wrong_key);
}

TEST_F(EncryptedUpdates, that_cannot_be_opened_leave_the_one_under_way_alone) {
    rig.settles_on_failure = false;
    rig.server.bytes_a_second = 4000;
    rig.on_line = [&](ota::Updater& updater) {
        EXPECT_TRUE(updater.offer(as_bytes(envelope(for_us))));
        auto manifest = test::Manifest::of(new_image, 40);
        manifest.seq = 43;
        manifest.more = encrypt(new_image, {{"ESP-1", new_pair().open}}).more;
        EXPECT_FALSE(updater.offer(as_bytes(rig.envelope(manifest))));
    };
    rig.retained.clear();
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.on_line = nullptr;
    EXPECT_EQ(rig.boot().seq, 42U);
}

// Everything somebody on the way, or who holds the web server, could do to the file.
TEST_F(EncryptedUpdates, accept_no_chunk_that_is_not_in_its_place) {
    const auto& good = for_us.file;
    const auto at = [](std::size_t chunk) { return static_cast<std::ptrdiff_t>(chunk * step); };
    std::vector<std::pair<std::string, test::Image>> tricks;
    const auto add = [&](std::string name, test::Image file) { tricks.emplace_back(std::move(name), std::move(file)); };
    auto file = good;
    std::swap_ranges(file.begin() + at(1), file.begin() + at(2), file.begin() + at(2));
    add("reordered", file);
    file = good;
    std::copy(good.begin() + at(1), good.begin() + at(2), file.begin() + at(2));
    add("repeated", file);
    const auto again = encrypt(new_image, {{"ESP-1", ours().open}}).file;
    add("the same image under another key", again);
    file = good;
    std::copy(again.begin() + at(1), again.begin() + at(2), file.begin() + at(1));
    add("spliced", file);
    add("another image", encrypt(test::make_image({.seq = 43, .ver = "1.4.0", .body = 20'000}), {}).file);
    file = good;
    file.resize(file.size() - 1);
    add("truncated by a byte", file);
    file.resize(static_cast<std::size_t>(at(2)));
    add("truncated at a chunk", file);
    file = good;
    file.push_back(0);
    add("extended by a byte", file);
    file.insert(file.end(), good.begin(), good.begin() + at(1));
    add("extended by a chunk", file);
    add("the image in the clear", new_image);
    for (std::size_t byte = 0; byte < good.size(); byte += 509) {
        file = good;
        file[byte] ^= 1;
        add("a bit of byte " + std::to_string(byte), file);
    }
    std::size_t accepted = 0;
    for (const auto& [name, forged] : tricks) {
        SCOPED_TRACE(name);
        auto fresh = test::factory_flash(old_image);
        vchip::Flash its_flash(fresh);
        test::UpdateRig device(its_flash);
        prepare(device, for_us);
        device.server.file = forged;
        device.limit = std::chrono::minutes(30);
        const auto boots = device.boot_until_settled(2);
        EXPECT_EQ(boots.back().seq, 41U);
        EXPECT_EQ(boots.back().last.state, State::failed);
        accepted += boots.back().seq == 41 ? 0 : 1;
        // What was let through before the first wrong chunk is of the image, the rest as it was.
        test::Image slot(0x10000);
        ASSERT_TRUE(fresh.read(0x30000, slot));
        for (std::size_t i = 0; i < new_image.size(); ++i) {
            ASSERT_TRUE(slot[i] == new_image[i] || slot[i] == 0xFF) << i;
        }
    }
    std::cout << tricks.size() << " forged files, " << accepted << " accepted\n";
    EXPECT_EQ(accepted, 0U);
}

TEST_F(EncryptedUpdates, manifests_with_anything_else_are_refused) {
    const auto enc = for_us.more.substr(7);
    const std::string key(43, 'A');
    const auto refuse = [&](const std::string& text, const ErrorKind& why) {
        SCOPED_TRACE(text);
        auto manifest = test::Manifest::of(new_image, 40);
        manifest.more = ",\"enc\":" + text;
        rig.retained = rig.envelope(manifest);
        expect_refused(why);
    };
    refuse("true", errors::manifest_encryption);
    refuse(R"({"alg":"A128GCM","key":")" + key + "\"}", errors::manifest_encryption);
    refuse(R"({"alg":"A256GCM"})", errors::manifest_member);
    refuse(R"({"alg":"A256GCM","key":""})", errors::manifest_member);
    refuse(R"({"alg":"A256GCM","key":")" + key.substr(1) + "\"}", errors::manifest_member);
    refuse(R"({"alg":"A256GCM","key":")" + key + "A\"}", errors::manifest_member);
    refuse(R"({"alg":"A256GCM","key":")" + key.substr(1) + "B\"}", errors::manifest_member);  // a second spelling
    refuse(enc.substr(0, enc.size() - 1) + R"(,"key":")" + key + "\"}", errors::manifest_member);
    auto without_sender = enc;
    without_sender.replace(without_sender.find("\"epk\""), 5, "\"xpk\"");
    refuse(without_sender, errors::manifest_member);
    auto wrong_curve = enc;
    wrong_curve.replace(wrong_curve.find("P-256"), 5, "P-384");
    refuse(wrong_curve, errors::manifest_member);
    auto no_identity = enc;
    no_identity.replace(no_identity.find("ESP-1"), 5, "ESP/1");
    refuse(no_identity, errors::manifest_member);
}

// A point that is not on the curve would tell bits of the device's key (an invalid-curve attack).
TEST_F(EncryptedUpdates, from_a_sender_off_the_curve_are_refused) {
    auto text = for_us.more;
    const auto x = text.find("\"x\":\"") + 5;
    text.replace(x, 43, std::string(43, 'A'));
    prepare(rig, {for_us.file, text});
    expect_refused(errors::bad_key);
}

// The power goes before, inside and after every flash operation.
TEST(EncryptedUpdateCuts, an_encrypted_update_is_done_within_three_clean_boots) {
    const auto old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const auto new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    const auto offered = encrypt(new_image, {{"ESP-1", ours().open}});
    auto manifest = test::Manifest::of(new_image, 40);
    manifest.more = offered.more;
    const auto envelope = test::shared_signer().envelope("esb-update", manifest.json());
    const auto prepare = [&](test::UpdateRig& rig) {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.device_key.held = ours();
        rig.server.file = offered.file;
        rig.retained = envelope;
    };
    vchip::CutScenario scenario;
    scenario.prepare = [&] { return test::factory_flash(old_image); };
    scenario.run = [&](vchip::Flash& flash) {
        test::UpdateRig rig(flash);
        prepare(rig);
        static_cast<void>(rig.boot_until_settled(2));
    };
    scenario.check = [&](vchip::Flash& flash) -> std::string {
        test::UpdateRig rig(flash);
        prepare(rig);
        Boot boot;
        for (int i = 0; i < 3; ++i) {
            boot = rig.boot();
            if (boot.end == BootEnd::no_image) return "nothing boots";
            if (!boot.authorized) return "an unauthorized image runs";
            if (boot.end == BootEnd::settled) break;
        }
        return boot.seq == 42 && boot.last.state == State::confirmed ? "" : "not done within three clean boots";
    };
    EXPECT_TRUE(test::survives_cuts("encrypted update", scenario, {.seeds = 1, .second_seeds = 1, .second_every = 10}));
}

}  // namespace
}  // namespace esb
