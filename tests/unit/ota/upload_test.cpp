// An image from a browser: what is accepted, and everything that is refused without harm.
#include "esb/base/json.hpp"
#include "esb/ota/errors.hpp"
#include "tests/support/bundle.hpp"

#include <gtest/gtest.h>

namespace esb::ota {
namespace {

using test::Boot;
using test::BootEnd;
using test::bundle_of;
using test::Conduct;
using test::Manifest;

class Uploads : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 20'000});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};
    test::TestSigner stranger{"stranger"};
    Status outcome;

    Uploads() {
        rig.allow(old_image);
        rig.allow(new_image);
    }
    std::string bundle() { return bundle_of(rig.envelope(new_image, 40), new_image); }
    // Boots and does it once on line.
    Boot boot_and(std::function<Status(Updater&)> deed) {
        rig.on_line = [this, deed](Updater& updater) { outcome = deed(updater); };
        auto boot = rig.boot();
        rig.on_line = nullptr;
        return boot;
    }
    Boot boot_and_upload(const std::string& text, std::size_t piece = 768) {
        return boot_and([&](Updater& updater) -> Status { return test::upload(updater, text, text.size(), piece); });
    }
    std::string slot_b() {
        std::string bytes(0x10000, '\0');
        const auto read = store.read(0x30000, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        return read ? bytes : "unreadable";
    }
    void expect_refused(const std::string& text, const ErrorKind& why) {
        const auto before = slot_b();
        const auto boot = boot_and_upload(text);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error(), why) << outcome.error().name();
        EXPECT_TRUE(boot.refused(why));
        EXPECT_EQ(boot.end, BootEnd::settled);
        EXPECT_EQ(slot_b(), before) << "refused before the slot is touched";
        expect_old_boots();
    }
    void expect_old_boots() {
        const auto boot = rig.boot();
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_EQ(boot.end, BootEnd::settled);
    }
    Manifest manifest() const { return Manifest::of(new_image, 40); }
};

TEST_F(Uploads, are_verified_tried_and_confirmed) {
    for (const std::size_t piece : {1U, 700U, 768U, 100'000U}) {
        SCOPED_TRACE(piece);
        auto fresh = test::factory_flash(old_image);
        vchip::Flash its_flash(fresh);
        test::UpdateRig device(its_flash);
        device.allow(old_image);
        device.allow(new_image);
        const auto text = bundle();
        Status done = fail(errors::cancelled);
        device.on_line = [&](Updater& updater) { done = test::upload(updater, text, text.size(), piece); };
        const auto first = device.boot();
        EXPECT_TRUE(done);
        EXPECT_EQ(first.end, BootEnd::restart);
        EXPECT_TRUE(first.log.saw(State::downloading) && first.log.saw(State::verifying) &&
                    first.log.saw(State::rebooting));
        const auto told = std::find_if(first.log.reports.begin(), first.log.reports.end(),
                                       [](const auto& report) { return report.state == State::downloading; });
        EXPECT_EQ(told->ver, "1.4.0");
        EXPECT_EQ(told->size, new_image.size());
        device.on_line = nullptr;
        const auto second = device.boot();
        EXPECT_EQ(second.seq, 42U);
        EXPECT_TRUE(second.authorized);
        EXPECT_EQ(second.last.state, State::confirmed);
        EXPECT_EQ(second.floor, 40U);
        EXPECT_EQ(device.server.connections, 0U) << "nothing is fetched";
    }
}

TEST_F(Uploads, refuse_every_envelope_that_an_offer_refuses) {
    const auto with = [&](const std::string& envelope) { return bundle_of(envelope, new_image); };
    const auto payload = manifest().json();
    expect_refused(with("hello"), errors::envelope_malformed);
    expect_refused(with(std::string(envelope_max + 1, 'a')), errors::envelope_too_large);
    expect_refused(std::string(5000, 'a'), errors::envelope_too_large);
    expect_refused(with(stranger.envelope("esb-update", payload)), errors::key_unknown);
    expect_refused(with(stranger.sign_with_header(rig.signer.header("esb-update"), payload)), errors::bad_signature);
    expect_refused(with(rig.signer.envelope("esb-command", R"({"cmd":"cancel","ctr":1})")), errors::envelope_typ);
    expect_refused(with(rig.signer.envelope("esb-update", "{")), errors::json_syntax);
    expect_refused(with("http://x/y|" + std::string(32, '0')), errors::envelope_malformed);
}

TEST_F(Uploads, refuse_what_preflight_refuses) {
    const auto with = [&](const Manifest& changed) { return bundle_of(rig.envelope(changed), new_image); };
    auto other = manifest();
    other.app = "another";
    expect_refused(with(other), errors::ota_wrong_app);
    other = manifest();
    other.hw = "esp32";
    expect_refused(with(other), errors::ota_wrong_hw);
    other = manifest();
    other.more = R"(,"dev":["ESP-2"])";
    expect_refused(with(other), errors::ota_wrong_device);
    other = manifest();
    other.seq = 41;
    expect_refused(with(other), errors::ota_seq);
    other = manifest();
    other.size = 0x20000;
    expect_refused(with(other), errors::ota_too_large);
    rig.wall = UnixTime(2'000'000'000);
    other = manifest();
    other.more = R"(,"exp":1900000000)";
    expect_refused(with(other), errors::ota_expired);
    rig.heap.free = 1000;
    expect_refused(bundle(), errors::ota_heap);
}

TEST_F(Uploads, refuse_a_wrong_length) {
    const auto good = bundle();
    expect_refused(good + "x", errors::ota_size);
    expect_refused(good.substr(0, good.size() - 1), errors::ota_size);
    expect_refused(rig.envelope(new_image), errors::ota_size);
    expect_refused("", errors::ota_size);
    expect_refused(std::string(0x20000, 'x'), errors::ota_too_large);
}

TEST_F(Uploads, refuse_more_or_fewer_bytes_than_announced) {
    const auto good = bundle();
    auto boot = boot_and([&](Updater& updater) -> Status { return test::upload(updater, good + "x", good.size()); });
    EXPECT_TRUE(boot.refused(errors::ota_size));
    EXPECT_EQ(outcome.error(), errors::ota_size);
    rig.policy.retry_first = Duration(0);
    boot =
        boot_and([&](Updater& updater) -> Status { return test::upload(updater, good.substr(0, 9000), good.size()); });
    EXPECT_TRUE(boot.refused(errors::ota_size));
    expect_old_boots();
}

TEST_F(Uploads, refuse_a_foreign_image_before_the_slot_is_erased) {
    const auto another = test::make_image({.seq = 43, .ver = "1.5.0", .body = 20'000});
    auto lying = manifest();
    lying.size = another.size();
    expect_refused(bundle_of(rig.envelope(lying), another), errors::ota_descriptor);
    test::Image garbage(new_image.size(), 0x55);
    expect_refused(bundle_of(rig.envelope(new_image), garbage), errors::ota_no_descriptor);
}

TEST_F(Uploads, refuse_an_image_with_another_hash_and_do_not_wear_the_flash_for_it) {
    auto changed = new_image;
    changed[changed.size() - 100] ^= 1;
    const auto text = bundle_of(rig.envelope(new_image), changed);
    const auto boot = boot_and([&](Updater& updater) -> Status {
        rig.watch = [&, again = false](Updater& u) mutable {
            if (again || u.progress().state != State::failed) return false;
            again = true;
            outcome = test::upload(u, text);
            return true;
        };
        return test::upload(updater, text);
    });
    EXPECT_TRUE(boot.log.error_of(State::failed) == Error(errors::ota_hash));
    EXPECT_EQ(outcome.error(), errors::ota_too_soon);
    rig.watch = nullptr;
    expect_old_boots();
}

TEST_F(Uploads, that_are_lost_leave_all_as_it_was) {
    const auto good = bundle();
    for (const std::size_t at : {std::size_t{0}, std::size_t{10}, good.size() - new_image.size(), std::size_t{9000},
                                 good.size() - 1, good.size()}) {
        SCOPED_TRACE(at);
        const auto boot = boot_and([&](Updater& updater) -> Status {
            ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(good.size())));
            ESB_TRY(updater.upload_piece(as_bytes(std::string_view(good).substr(0, at))));
            updater.upload_lost();
            EXPECT_EQ(updater.upload_piece(as_bytes("x")).error(), errors::cancelled);
            EXPECT_EQ(updater.end_upload().error(), errors::cancelled);
            updater.upload_lost();
            return Status();
        });
        EXPECT_TRUE(outcome);
        EXPECT_TRUE(boot.refused(errors::ota_upload_lost));
        expect_old_boots();
    }
    EXPECT_EQ(boot_and_upload(good).end, BootEnd::restart) << "and the next one is good";
}

TEST_F(Uploads, in_the_wrong_order_are_refused) {
    static_cast<void>(boot_and([&](Updater& updater) -> Status {
        EXPECT_EQ(updater.upload_piece(as_bytes("x")).error(), errors::cancelled);
        EXPECT_EQ(updater.end_upload().error(), errors::cancelled);
        updater.upload_lost();
        EXPECT_EQ(updater.progress().state, State::idle) << "nothing was under way";
        EXPECT_TRUE(updater.begin_upload(1000));
        EXPECT_EQ(updater.begin_upload(1000).error(), errors::busy);
        updater.upload_lost();
        return Status();
    }));
}

TEST_F(Uploads, and_messages_keep_out_of_each_others_way) {
    rig.server.file = new_image;
    const auto newer = test::make_image({.seq = 43, .ver = "1.5.0", .body = 20'000});
    rig.allow(newer);
    const auto message = rig.envelope(newer);
    const auto good = bundle();
    const auto boot = boot_and([&](Updater& updater) -> Status {
        ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(good.size())));
        EXPECT_EQ(updater.offer(as_bytes(message)).error(), errors::busy) << "although it is newer";
        ESB_TRY(updater.upload_piece(as_bytes(std::string_view(good).substr(0, 9000))));
        EXPECT_EQ(updater.offer(as_bytes(message)).error(), errors::busy);
        EXPECT_EQ(updater.offer(as_bytes(std::string_view(good).substr(0, good.find('\n')))).error(), errors::busy);
        ESB_TRY(updater.upload_piece(as_bytes(std::string_view(good).substr(9000))));
        ESB_TRY(updater.end_upload());
        EXPECT_EQ(updater.begin_upload(1000).error(), errors::busy) << "while it is verified";
        return Status();
    });
    EXPECT_TRUE(outcome) << outcome.error().name();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(Uploads, wait_for_a_download) {
    rig.server.file = new_image;
    rig.retained = rig.envelope(new_image);
    int asked = 0;
    rig.watch = [&](Updater& updater) {
        if (updater.progress().state != State::downloading) return false;
        ++asked;
        EXPECT_EQ(updater.begin_upload(1000).error(), errors::busy);
        EXPECT_EQ(updater.progress().state, State::downloading) << "what is under way is still told";
        return false;
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_GT(asked, 0);
}

TEST_F(Uploads, wait_for_the_end_of_a_trial) {
    ASSERT_EQ(boot_and_upload(bundle()).end, BootEnd::restart);
    bool asked = false;
    rig.watch = [&](Updater& updater) {
        if (asked || !updater.on_trial()) return false;
        asked = true;
        EXPECT_EQ(updater.begin_upload(1000).error(), errors::ota_in_trial);
        return false;
    };
    EXPECT_EQ(rig.boot().last.state, State::confirmed);
    EXPECT_TRUE(asked);
}

TEST_F(Uploads, end_by_a_signed_cancel) {
    const auto cancel = rig.signer.envelope("esb-command", R"({"cmd":"cancel","dev":["ESP-1"],"ctr":1})");
    const auto good = bundle();
    const auto boot = boot_and([&](Updater& updater) -> Status {
        ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(good.size())));
        ESB_TRY(updater.upload_piece(as_bytes(std::string_view(good).substr(0, 9000))));
        EXPECT_TRUE(updater.offer(as_bytes(cancel)));
        return updater.upload_piece(as_bytes(std::string_view(good).substr(9000)));
    });
    EXPECT_EQ(outcome.error(), errors::cancelled);
    EXPECT_TRUE(boot.refused(errors::cancelled));
    expect_old_boots();
}

TEST_F(Uploads, that_crash_twice_are_quarantined) {
    rig.allow(new_image, Conduct::crashes);
    ASSERT_EQ(boot_and_upload(bundle()).end, BootEnd::restart);
    for (int i = 0; i < 8 && rig.boot().end != BootEnd::settled; ++i) {
    }
    expect_refused(bundle(), errors::ota_quarantined);
}

}  // namespace
}  // namespace esb::ota
