// Every message that is refused before anything is written, each with its own name.
#include "tests/support/update_rig.hpp"

#include "esb/base/json.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/errors.hpp"
#include "failing_new.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb::ota {
namespace {

using test::Boot;
using test::BootEnd;
using test::Manifest;

class Offers : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};
    test::TestSigner stranger{"stranger"};

    Offers() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
    }
    // Boots the old image, offers a message, and expects its refusal by name with nothing else changed.
    void expect_refused(const std::string& message, const ErrorKind& why, const std::string& hint = {}) {
        const auto before = rig.server.connections;
        rig.retained = message;
        const Boot boot = rig.boot();
        EXPECT_TRUE(boot.refused(why)) << hint << " " << name(boot.last.state) << " "
                                       << (boot.last.error ? boot.last.error->name() : "no error") << " instead of "
                                       << why.name;
        EXPECT_EQ(boot.seq, 41U);
        EXPECT_EQ(boot.end, BootEnd::settled);
        EXPECT_EQ(rig.server.connections, before) << hint << ": refused before anything is fetched";
    }
    Manifest manifest() const { return Manifest::of(new_image); }
};

TEST_F(Offers, report_what_did_not_fit_into_memory) {
    rig.on_line = [](Updater& updater) { updater.refuse(Error(errors::envelope_too_large)); };
    EXPECT_TRUE(rig.boot().refused(errors::envelope_too_large));
}

TEST_F(Offers, that_find_no_memory_are_refused_and_the_next_one_is_not) {
    const auto message = rig.envelope(new_image, 40);
    rig.on_line = [&](Updater& updater) {
        const test::NoMemory none;
        const auto refused = updater.offer(as_bytes(message));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), errors::ota_heap);
        const auto upload = updater.begin_upload(1000);
        ASSERT_FALSE(upload);
        EXPECT_EQ(upload.error(), errors::ota_heap);
    };
    EXPECT_TRUE(rig.boot().refused(errors::ota_heap));
    rig.on_line = nullptr;
    rig.retained = message;
    EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(Offers, refuse_every_malformed_envelope) {
    const std::string payload = manifest().json();
    const std::string kid = rig.signer.kid();
    const auto with_header = [&](const std::string& header) { return rig.signer.sign_with_header(header, payload); };
    expect_refused(stranger.envelope("esb-update", payload), errors::key_unknown);
    expect_refused(stranger.sign_with_header(rig.signer.header("esb-update"), payload), errors::bad_signature);
    for (const auto* alg : {"none", "HS256", "es256"}) {
        expect_refused(
            with_header(R"({"alg":")" + std::string(alg) + R"(","kid":")" + kid + R"(","typ":"esb-update"})"),
            errors::envelope_alg, alg);
    }
    expect_refused(with_header(R"({"alg":"ES256","kid":")" + kid + R"(","typ":"esb-update","x5u":"http://x"})"),
                   errors::envelope_header);
    expect_refused(with_header(R"({"alg":"ES256","kid":")" + kid + R"(","typ":"JWT"})"), errors::envelope_typ);
    expect_refused("hello", errors::envelope_malformed);
    expect_refused(std::string(4000, 'a'), errors::envelope_too_large);
    expect_refused(rig.signer.envelope("esb-update", "{"), errors::json_syntax);
    expect_refused(rig.signer.envelope("esb-update", "{}"), errors::manifest_member);
}

TEST_F(Offers, refuse_an_update_that_is_not_for_this_device) {
    auto other = manifest();
    other.app = "another";
    expect_refused(rig.envelope(other), errors::ota_wrong_app);
    other = manifest();
    other.hw = "esp32";
    expect_refused(rig.envelope(other), errors::ota_wrong_hw);
    other = manifest();
    other.more = R"(,"dev":["ESP-2","ESP-3"])";
    expect_refused(rig.envelope(other), errors::ota_wrong_device);
}

TEST_F(Offers, refuse_lower_and_equal_sequence_numbers) {
    auto lower = manifest();
    for (const unsigned seq : {1U, 40U, 41U}) {
        lower.seq = seq;
        expect_refused(rig.envelope(lower), errors::ota_seq, std::to_string(seq));
    }
}

TEST_F(Offers, refuse_what_does_not_fit_or_cannot_be_fetched) {
    auto bad = manifest();
    bad.size = 64 * 1024 + 1;
    expect_refused(rig.envelope(bad), errors::ota_too_large);
    bad = manifest();
    bad.urls = R"("ftp://192.0.2.1/x")";
    expect_refused(rig.envelope(bad), errors::url_scheme);
    bad.urls = R"("http://192.0.2.1/a b")";
    expect_refused(rig.envelope(bad), errors::url_bad);
    bad.urls = R"("http://127.1/x")";
    expect_refused(rig.envelope(bad), errors::url_host);
    bad.urls = R"("http://192.0.2.1/x","file:///etc/passwd")";
    expect_refused(rig.envelope(bad), errors::url_scheme);
    bad = manifest();
    bad.sha256 = std::string(64, '0');
    expect_refused(rig.envelope(bad), errors::manifest_no_hash);
    bad = manifest();
    bad.more = R"(,"enc":{"alg":"A128GCM"})";
    expect_refused(rig.envelope(bad), errors::manifest_encryption);
}

TEST_F(Offers, judge_the_expiry_only_by_a_set_clock) {
    auto expiring = manifest();
    expiring.more = R"(,"exp":1790000000)";
    rig.wall = UnixTime(1790000000);
    expect_refused(rig.envelope(expiring), errors::ota_expired);
    rig.wall = UnixTime(1789999000);
    rig.retained = rig.envelope(expiring);
    auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_FALSE(boot.last.freshness_unknown);
}

TEST_F(Offers, report_unknown_freshness_without_a_clock) {
    auto expiring = manifest();
    expiring.more = R"(,"exp":1)";
    rig.retained = rig.envelope(expiring);
    const auto boot = rig.boot();
    EXPECT_EQ(boot.end, BootEnd::restart);
    EXPECT_TRUE(boot.last.freshness_unknown);
}

TEST_F(Offers, are_refused_while_memory_is_short) {
    rig.heap.free = 10'000;
    expect_refused(rig.envelope(new_image), errors::ota_heap);
}

TEST_F(Offers, are_refused_when_the_store_is_full) {
    // Every key/value write fails: 24 KiB at 0x9000.
    rig.on_line = [&](Updater&) {
        vchip::FaultPlan plan;
        for (std::uint64_t n = 1; n < 40; ++n) plan.failures.insert(flash.operations() + n);
        flash.set_plan(plan);
    };
    expect_refused(rig.envelope(new_image), errors::flash_failed);
    flash.set_plan({});
    rig.on_line = {};
    EXPECT_EQ(rig.boot().end, BootEnd::restart) << "and accepted when there is room again";
}

TEST_F(Offers, legacy_is_off_by_default) {
    crypto::Md5 md5;
    md5.update(new_image);
    const std::string digits = test::hex(md5.finish());
    const std::string message = std::string(test::file_url) + "|" + digits;
    expect_refused(message, errors::ota_legacy_off);
    expect_refused("|", errors::ota_legacy_off);
    rig.policy.legacy_md5 = true;
    expect_refused(message + "0", errors::ota_legacy_malformed);
    for (const auto* lost : {"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff",
                            "d41d8cd98f00b204e9800998ecf8427e"}) {
        expect_refused(std::string(test::file_url) + "|" + lost, errors::manifest_no_hash, lost);
    }
    expect_refused(message.substr(0, message.size() - 1) + "g", errors::ota_legacy_malformed);
    expect_refused("|" + digits, errors::url_bad);
    expect_refused("ftp://x/|" + digits, errors::url_scheme);
    expect_refused(std::string(300, 'x') + "|" + digits, errors::url_bad);
    expect_refused(std::string(3000, 'x') + "|" + digits, errors::ota_legacy_malformed);
}

TEST_F(Offers, refuse_old_commands) {
    const auto command = [&](const std::string& verb, int counter, const std::string& more = "") {
        return rig.signer.envelope("esb-command",
                                   R"({"cmd":")" + verb + R"(","ctr":)" + std::to_string(counter) + more + "}");
    };
    expect_refused(command("rollback", 5), errors::ota_no_rollback);
    expect_refused(command("cancel", 5), errors::ota_counter);
    expect_refused(command("cancel", 4), errors::ota_counter);
    expect_refused(command("cancel", 9, R"(,"dev":["ESP-2"])"), errors::ota_wrong_device);
    expect_refused(rig.signer.envelope("esb-command", "{}"), errors::manifest_member);
    rig.retained = command("cancel", 6);
    EXPECT_EQ(rig.boot().last.state, State::idle) << "nothing to cancel is success";
    rig.retained = command("confirm", 7);
    EXPECT_EQ(rig.boot().last.state, State::idle);
    expect_refused(command("confirm", 7), errors::ota_counter);
}

TEST_F(Offers, adopt_a_key_set_that_follows_and_is_signed_by_a_trusted_key) {
    test::TestSigner second("second");
    const auto set = [](int version, const std::string& keys) {
        return R"({"ver":)" + std::to_string(version) + R"(,"keys":[)" + keys + "]}";
    };
    expect_refused(rig.signer.envelope("esb-keys", set(1, second.jwk())), errors::ota_key_version);
    expect_refused(rig.signer.envelope("esb-keys", set(3, second.jwk())), errors::ota_key_version);
    expect_refused(second.envelope("esb-keys", set(2, second.jwk())), errors::key_unknown);
    expect_refused(rig.signer.envelope("esb-keys", set(2, "")), errors::manifest_member);
    const auto adopted = rig.signer.envelope("esb-keys", set(2, second.jwk()));
    rig.retained = adopted;
    EXPECT_EQ(rig.boot().last.state, State::idle);
    // After a restart only the new key counts, also for the repeated old set.
    expect_refused(adopted, errors::key_unknown);
    expect_refused(rig.envelope(new_image), errors::key_unknown);
    rig.retained = second.envelope("esb-keys", set(2, second.jwk()));
    EXPECT_EQ(rig.boot().last.state, State::idle) << "the present set again changes nothing";
    expect_refused(second.envelope("esb-keys", set(2, rig.signer.jwk())), errors::ota_key_version);
    rig.retained = second.envelope("esb-update", manifest().json());
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
}

TEST_F(Offers, wait_for_the_restart_once_the_slot_is_switched) {
    std::optional<Error> other, cancelled;
    const auto third = test::make_image({.seq = 43});
    rig.on_line = [&](Updater& updater) { static_cast<void>(updater.offer(as_bytes(rig.envelope(new_image)))); };
    rig.watch = [&](Updater& updater) {
        if (updater.progress().state != State::rebooting) return false;
        if (const auto offered = updater.offer(as_bytes(rig.envelope(third))); !offered) other = offered.error();
        if (const auto stopped = updater.cancel(); !stopped) cancelled = stopped.error();
        return true;
    };
    static_cast<void>(rig.boot());
    // The boot may have ended by the wanted restart before the watch saw it.
    if (other) {
        EXPECT_EQ(*other, errors::busy);
        EXPECT_EQ(*cancelled, errors::busy);
    }
}

TEST(Updater, refuses_bad_trust_anchors) {
    const auto image = test::make_image({});
    auto store = test::factory_flash(image);
    vchip::Flash flash(store);
    test::UpdateRig rig(flash);
    rig.allow(image);
    rig.trusted.clear();
    rig.on_line = [](Updater& updater) {
        EXPECT_EQ(updater.trust("x").error(), errors::key_malformed);
        EXPECT_EQ(updater.trust(std::string(43, 'A') + "." + std::string(43, 'A')).error(), errors::bad_key);
    };
    EXPECT_EQ(rig.boot().last.state, State::idle);
}

TEST(State, has_its_wire_names) {
    EXPECT_EQ(name(State::idle), "idle");
    EXPECT_EQ(name(State::rolled_back), "rolled_back");
    EXPECT_EQ(name(State::confirmed), "confirmed");
}

}  // namespace
}  // namespace esb::ota
