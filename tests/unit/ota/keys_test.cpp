#include "esb/ota/keys.hpp"

#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

namespace esb::ota {
namespace {

// The key of RFC 9449 §4.1 with the thumbprint that §6.1 gives for it (RFC 7638 itself has an RSA example only).
constexpr std::string_view rfc9449_key =
    "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs.9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA";

TEST(Thumbprint, matches_the_vector_of_rfc_9449) {
    const auto key = parse_key(rfc9449_key);
    ASSERT_TRUE(key);
    EXPECT_EQ(test::base64url(thumbprint(key->key)), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    EXPECT_EQ(key->kid, "d1970e08");
}

TEST(ParseKey, refuses_what_is_not_two_coordinates) {
    const std::string good(rfc9449_key);
    for (const std::string& text :
         {std::string(), std::string("."), good.substr(0, 43), good.substr(1), good + "A", good + ".",
          good.substr(0, 86), std::string("{}"), good.substr(0, 43) + "=" + good.substr(43),
          good.substr(0, 43) + "+" + good.substr(44)}) {
        const auto key = parse_key(text);
        ASSERT_FALSE(key) << text;
        EXPECT_EQ(key.error(), errors::key_malformed) << text;
    }
}

TEST(ParseKey, refuses_a_point_off_the_curve) {
    const std::string good(rfc9449_key);
    EXPECT_EQ(parse_key(good.substr(44) + "." + good.substr(0, 43)).error(), errors::bad_key);
    EXPECT_EQ(parse_key(std::string(43, 'A') + "." + std::string(43, 'A')).error(), errors::bad_key);
}

TEST(Keyring, holds_each_key_once_and_says_when_full) {
    Keyring ring;
    for (int i = 0; i < 8; ++i) {
        const test::TestSigner signer("key " + std::to_string(i));
        ASSERT_TRUE(ring.add(*parse_key(signer.public_text())));
        ASSERT_TRUE(ring.add(*parse_key(signer.public_text())));
    }
    EXPECT_EQ(ring.size(), max_keys);
    const test::TestSigner ninth("ninth");
    EXPECT_EQ(ring.add(*parse_key(ninth.public_text())).error(), errors::full);
    const test::TestSigner third("key 3");
    ASSERT_NE(ring.find(third.kid()), nullptr);
    EXPECT_EQ(ring.find(third.kid())->key, third.public_key());
    EXPECT_EQ(ring.find(ninth.kid()), nullptr);
    EXPECT_EQ(ring.find(""), nullptr);
    ring.clear();
    EXPECT_EQ(ring.find(third.kid()), nullptr);
}

}  // namespace
}  // namespace esb::ota
