// `esb verify`, and signatures apart from what they sign. What others make of them: tests/e2e/test_verify.py.
#include "host/cli/payloads.hpp"
#include "host/cli/signing_key.hpp"
#include "tests/support/packed.hpp"
#include "tests/support/packed_rig.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;

class Verify : public testing::Test {
protected:
    const esb::test::Image old_image = esb::test::image_like_code({.seq = 41, .ver = "1.3.0", .body = 20'000}, 1);
    const esb::test::Image image = esb::test::next_image(old_image, {.seq = 42, .ver = "1.4.0"});
    const test::Folder folder;

    Verify() {
        EXPECT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
        folder.write("new.img", as_text(image));
        folder.write("old.img", as_text(old_image));
    }
    using Words = std::vector<std::string>;

    test::Ran sign(const Words& more) const {
        Words words{"sign", "--key",     folder / "k", "--image", folder / "new.img", "--url", "http://h/new.img",
                    "-o",   folder / "e"};
        words.insert(words.end(), more.begin(), more.end());
        auto ran = run_esb(words);
        EXPECT_EQ(ran.status, exit_ok) << ran.err;
        return ran;
    }
    test::Ran verify(const Words& more, const std::string& file = "e") const {
        Words words{"verify", folder / file, "--trust", folder / "k.pub.jwk"};
        words.insert(words.end(), more.begin(), more.end());
        return run_esb(words);
    }
    void expect_wrong(const Words& more, std::string_view name, const std::string& file = "e") const {
        const auto ran = verify(more, file);
        EXPECT_EQ(ran.status, exit_failed) << ran.out;
        EXPECT_THAT(ran.err, HasSubstr("(" + std::string(name) + ")"));
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
    void spoil(const std::string& name, std::size_t at) const {
        auto bytes = folder.read(name);
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        folder.write(name, bytes);
    }
    std::string delta_file() const { return "new.img.from-" + hex_text(crypto::sha256(old_image)).substr(0, 8); }
};

TEST_F(Verify, says_what_a_device_does_with_an_update) {
    sign({"--pack", "--from", folder / "old.img", "--floor", "40", "--dev", "pump", "lamp"});
    const auto ran =
        verify({"--image", folder / "new.img", "--from", folder / "old.img", "--runs", folder / "old.img"});
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("basic 1.4.0 (seq 42) for vchip, " + std::to_string(image.size()) + " bytes"));
    EXPECT_THAT(ran.out, HasSubstr("for pump, lamp only"));
    EXPECT_THAT(ran.out, HasSubstr("new.img: " + std::to_string(image.size()) + " bytes, what was signed"));
    EXPECT_THAT(ran.out,
                HasSubstr("new.img.z: " + std::to_string(folder.read("new.img.z").size()) + " bytes, makes the image"));
    EXPECT_THAT(ran.out, HasSubstr(delta_file() + ": "));
    EXPECT_THAT(ran.out,
                HasSubstr("a device that runs basic seq 41 takes it: it fetches " +
                          std::to_string(folder.read(delta_file()).size()) + " bytes, the difference from seq 41"));
    EXPECT_THAT(ran.out, HasSubstr("nothing below seq 40 comes back"));
    EXPECT_THAT(verify({"--json", "--image", folder / "new.img"}).out, HasSubstr(R"("form":"image")"));
}

TEST_F(Verify, names_what_a_device_would_refuse) {
    sign({"--dev", "pump", "--expires", "+1h"});
    EXPECT_EQ(verify({"--dev", "pump", "--seq", "41"}).status, exit_ok);
    expect_wrong({"--dev", "lamp"}, "ota.wrong_device");
    expect_wrong({"--seq", "42", "--floor", "42"}, "ota.seq");
    expect_wrong({"--floor", "43"}, "ota.below_floor");
    expect_wrong({"--slot", "4096"}, "ota.too_large");
    folder.write("pump.img", as_text(esb::test::image_like_code({.seq = 7, .app = "pump", .body = 900}, 1)));
    expect_wrong({"--runs", folder / "pump.img"}, "ota.wrong_app");
    EXPECT_EQ(run_esb({"key", "new", folder / "other"}).status, exit_ok);
    const auto ran = run_esb({"verify", folder / "e", "--trust", folder / "other"});
    EXPECT_THAT(ran.err, HasSubstr("(key.unknown)"));
    auto envelope = folder.read("e");
    auto& digit = envelope[envelope.size() - 20];
    digit = digit == 'A' ? 'B' : 'A';
    folder.write("e", envelope);
    expect_wrong({}, "crypto.bad_signature");
}

TEST_F(Verify, names_files_that_are_not_what_was_signed) {
    sign({"--pack", "--from", folder / "old.img"});
    const Words all{"--image", folder / "new.img", "--from", folder / "old.img"};
    const auto packed = folder.read("new.img.z");
    spoil("new.img.z", packed.size() / 2);
    expect_wrong(all, "ota.packed");
    folder.write("new.img.z", packed + "x");
    expect_wrong(all, "ota.size");
    folder.write("new.img.z", packed);
    spoil(delta_file(), folder.read(delta_file()).size() / 2);
    expect_wrong(all, "ota.packed");
    EXPECT_THAT(verify({"--image", folder / "new.img"}).out, HasSubstr("say --from with the old image"));
    std::filesystem::remove(folder / delta_file());
    EXPECT_THAT(verify(all).out, HasSubstr("not there, not looked at"));
    spoil("new.img", image.size() / 2);
    expect_wrong(all, "ota.hash");
    folder.write("new.img", as_text(image).substr(1));
    expect_wrong(all, "ota.size");
}

TEST_F(Verify, opens_encrypted_files_where_the_envelope_has_their_key) {
    sign({"--pack", "--encrypt", folder / "new.enc", "--broker-trusted"});
    const Words all{"--image", folder / "new.enc"};
    EXPECT_THAT(verify(all).out,
                HasSubstr("new.enc.z: " + std::to_string(folder.read("new.enc.z").size()) + " bytes, makes the image"));
    EXPECT_THAT(verify({"--image", folder / "new.img"}).out, HasSubstr("is to have it encrypted"));
    spoil("new.enc.z", 100);
    expect_wrong(all, "ota.chunk");
    spoil("new.enc", 5000);
    expect_wrong(all, "ota.chunk");
    const auto device = SigningKey::generate();
    sign({"--encrypt", folder / "new.enc", "--for", "pump=" + device->public_text()});
    EXPECT_THAT(verify(all).out, HasSubstr("of the signed size; it is encrypted"));
}

TEST_F(Verify, takes_a_bundle_and_its_image) {
    sign({"--bundle", folder / "b"});
    EXPECT_THAT(verify({}, "b").out, HasSubstr("what was signed"));
    spoil("b", folder.read("b").size() - 1);
    expect_wrong({}, "ota.hash", "b");
}

TEST_F(Verify, puts_a_detached_signature_together_with_what_it_signs) {
    sign({});
    const auto whole = folder.read("e");
    sign({"--detached", folder / "manifest.json"});
    const auto signature = folder.read("e");
    EXPECT_THAT(signature, HasSubstr(".."));
    EXPECT_LT(signature.size(), 200U);
    EXPECT_EQ(verify({"--payload", folder / "manifest.json", "-o", folder / "whole"}).status, exit_ok);
    EXPECT_EQ(folder.read("whole"), whole);
    expect_wrong({}, "crypto.bad_signature");
    folder.write("manifest.json", folder.read("manifest.json") + " ");
    expect_wrong({"--payload", folder / "manifest.json"}, "crypto.bad_signature");
    folder.write("none", "ab.cd.ef");
    EXPECT_THAT(verify({"--payload", folder / "manifest.json"}, "none").err, HasSubstr("not a detached signature"));
}

TEST_F(Verify, follows_key_sets) {
    EXPECT_EQ(run_esb({"key", "new", folder / "k2"}).status, exit_ok);
    const auto sign_set = [&](const char* key, const char* version, const char* file) {
        return run_esb({"sign", "keys", "--key", folder / key, "--ver", version, "--trust", folder / "k2.pub.jwk", "-o",
                        folder / file});
    };
    EXPECT_EQ(sign_set("k", "2", "set2").status, exit_ok);
    EXPECT_THAT(verify({}, "set2").out, HasSubstr("a device with version 1 trusts these keys"));
    EXPECT_EQ(sign_set("k2", "4", "set4").status, exit_ok);
    expect_wrong({"--keys", folder / "set2"}, "ota.key_version", "set4");
    sign({});
    expect_wrong({"--keys", folder / "set2"}, "key.unknown");
    EXPECT_THAT(verify({"--keys", folder / "e"}, "set2").err, HasSubstr("(envelope.typ)"));
}

TEST_F(Verify, reads_commands) {
    EXPECT_EQ(run_esb({"sign", "command", "--key", folder / "k", "--cmd", "rollback", "--dev", "pump", "--ctr", "7",
                       "--detached", folder / "c.json", "-o", folder / "c"})
                  .status,
              exit_ok);
    const auto ran = verify({"--payload", folder / "c.json", "--dev", "pump"}, "c");
    EXPECT_THAT(ran.out, HasSubstr("rollback, counter 7\nfor pump only\n"));
    expect_wrong({"--payload", folder / "c.json", "--dev", "lamp"}, "ota.wrong_device", "c");
}

// Everything but what an encryption must make up: content key, ephemeral key.
TEST_F(Verify, same_inputs_give_the_same_bytes) {
    ::setenv("SOURCE_DATE_EPOCH", "4000000000", 1);
    std::vector<std::string> made;
    for (int i = 0; i < 2; ++i) {
        sign({"--pack", "--from", folder / "old.img", "--expires", "+30d", "--bundle", folder / "b"});
        made.push_back(folder.read("e") + folder.read("b") + folder.read("new.img.z") + folder.read(delta_file()));
    }
    EXPECT_EQ(made[0], made[1]);
    EXPECT_THAT(verify({}).out, HasSubstr("; until 2096-11-01T"));
    ::setenv("SOURCE_DATE_EPOCH", "tomorrow", 1);
    const auto ran = run_esb(
        {"sign", "--key", folder / "k", "--image", folder / "new.img", "--url", "http://h/", "--expires", "+1d"});
    EXPECT_THAT(ran.err, HasSubstr("SOURCE_DATE_EPOCH is 'tomorrow'"));
    ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST_F(Verify, two_encryptions_of_an_image_have_nothing_in_common) {
    std::vector<std::string> made;
    for (int i = 0; i < 2; ++i) {
        sign({"--encrypt", folder / "new.enc", "--broker-trusted"});
        made.push_back(folder.read("new.enc"));
    }
    EXPECT_EQ(made[0].size(), made[1].size());
    EXPECT_NE(made[0].substr(0, 16), made[1].substr(0, 16));
}

}  // namespace
}  // namespace esb::cli
