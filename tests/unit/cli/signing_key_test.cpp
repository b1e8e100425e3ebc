#include "host/cli/signing_key.hpp"

#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/manifest.hpp"
#include "host/cli/jws.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "esb/base/encoding.hpp"
#include "tests/support/read_manifest.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace esb::cli {
namespace {

namespace fs = std::filesystem;

std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '\0');
    static_cast<void>(hex_encode(bytes, text));
    return text;
}

class SigningKeys : public testing::Test {
protected:
    SigningKeys() {
        std::string pattern = (fs::temp_directory_path() / "esb-key-XXXXXX").string();
        folder = mkdtemp(pattern.data());
    }
    ~SigningKeys() override { fs::remove_all(folder); }
    fs::path write(const std::string& name, const std::string& text) {
        std::ofstream(folder / name) << text;
        return folder / name;
    }
    fs::path folder;
};

// The key of RFC 6979 §A.2.5 in both forms of PEM.
constexpr const char* sec1_pem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
    "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
    "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* pkcs8_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
    "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
    "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
    "-----END PRIVATE KEY-----\n";
// A key on another curve (secp384r1), made for this test.
constexpr const char* p384_pem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MIGkAgEBBDDEvUu7u/wqatJsDA9TB4y2PZfdFnJiJR7GgOnHWj2cxr27W+CfEF/6\n"
    "HgqZKKaV16KgBwYFK4EEACKhZANiAAQXWOpxCm7JFCYFeOZ6uXzU/+OKTGI8TMuE\n"
    "D4QVa2CVvec/67KdmOUPjmMsmfKIgfyTBG6B0bTxg0GesO8jm8aqtgC4LTPmJSVH\n"
    "kdKq8KAIStKANAFsdS8vAmV2MZ88Gqk=\n"
    "-----END EC PRIVATE KEY-----\n";

TEST_F(SigningKeys, are_made_saved_and_loaded) {
    const auto key = SigningKey::generate();
    ASSERT_TRUE(key);
    ASSERT_TRUE(key->save_pem(folder / "key.pem"));
    struct stat status{};
    ASSERT_EQ(stat((folder / "key.pem").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    const auto loaded = SigningKey::load_pem(folder / "key.pem");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->public_text(), key->public_text());
    EXPECT_EQ(loaded->kid(), key->kid());
    EXPECT_EQ(loaded->sign("x").value(), key->sign("x").value()) << "deterministic";
    EXPECT_NE(SigningKey::generate()->kid(), key->kid());
}

TEST_F(SigningKeys, have_public_texts_that_can_stand_on_a_command_line) {
    for (int i = 0; i < 200; ++i) EXPECT_FALSE(SigningKey::generate()->public_text().starts_with('-'));
}

TEST_F(SigningKeys, never_overwrite_a_file) {
    const auto key = SigningKey::generate();
    ASSERT_TRUE(key->save_pem(folder / "key.pem"));
    const auto again = key->save_pem(folder / "key.pem");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), errors::key_file);
    EXPECT_EQ(again.error().detail(), EEXIST);
    EXPECT_EQ(key->save_pem(folder / "missing" / "key.pem").error(), errors::key_file);
}

TEST_F(SigningKeys, refuse_other_files) {
    EXPECT_EQ(SigningKey::load_pem(folder / "none").error(), errors::key_file);
    EXPECT_EQ(SigningKey::load_pem(write("empty", "")).error(), errors::key_not_p256);
    EXPECT_EQ(SigningKey::load_pem(write("text", "hello")).error(), errors::key_not_p256);
    EXPECT_EQ(SigningKey::load_pem(write("cut", std::string(sec1_pem).substr(0, 100))).error(), errors::key_not_p256);
    EXPECT_EQ(SigningKey::load_pem(write("p384", p384_pem)).error(), errors::key_not_p256);
}

TEST_F(SigningKeys, match_the_vector_of_rfc_6979) {
    for (const auto* pem : {sec1_pem, pkcs8_pem}) {
        const auto key = SigningKey::load_pem(write("key", pem));
        ASSERT_TRUE(key);
        EXPECT_EQ(hex(key->public_key().x), "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
        EXPECT_EQ(hex(key->sign("sample").value()),
                  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    }
}

TEST_F(SigningKeys, show_their_public_half_only) {
    const auto key = SigningKey::generate();
    const auto parsed = ota::parse_key(key->public_text());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->key, key->public_key());
    EXPECT_EQ(parsed->kid, key->kid());
    const std::string set = R"({"ver":2,"keys":[)" + key->public_jwk() + "]}";
    const auto keys = esb::test::read_keys(as_bytes(set));
    ASSERT_TRUE(keys) << set;
    EXPECT_EQ(keys->keys[0].key, key->public_key());
    EXPECT_EQ(key->public_jwk().find("\"d\""), std::string::npos);
}

TEST_F(SigningKeys, sign_envelopes_that_a_device_opens) {
    const auto key = SigningKey::generate();
    ota::Keyring ring;
    ASSERT_TRUE(ring.add(*ota::parse_key(key->public_text())));
    std::array<std::uint8_t, ota::envelope_max> buffer;
    for (const auto* type : {"esb-update", "esb-command", "esb-keys"}) {
        const std::string payload = R"({"any":"payload"})";
        const auto envelope = sign_envelope(*key, type, payload);
        const auto opened = ota::open_envelope(envelope, ring, buffer);
        ASSERT_TRUE(opened) << type << " " << opened.error().name();
        EXPECT_EQ(as_text(opened->payload), payload);
        EXPECT_EQ(opened->digest, crypto::sha256(as_bytes(payload)));
    }
    EXPECT_EQ(ota::open_envelope(sign_envelope(*key, "JWT", "{}"), ring, buffer).error(), errors::envelope_typ);
}

}  // namespace
}  // namespace esb::cli
