#include "esb/crypto/password.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "host/vchip/sim_parts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace {

using namespace esb;
using namespace esb::crypto;

constexpr std::string_view password = "correct horse";
constexpr std::uint32_t few = 3;  // iterations, so that the tests stay quick

std::string derived(std::string_view secret, std::string_view salt, std::uint32_t iterations, std::size_t size) {
    std::vector<std::uint8_t> out(size);
    std::string digits(2 * size, '\0');
    EXPECT_TRUE(pbkdf2_sha256(as_bytes(secret), as_bytes(salt), iterations, out));
    return std::string(hex_encode(out, digits).value());
}

TEST(Password, pbkdf2_gives_the_published_values) {
    // RFC 7914 §11, and the widely used values for "password" and "salt".
    EXPECT_EQ(derived("passwd", "salt", 1, 64),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
              "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    EXPECT_EQ(derived("password", "salt", 4096, 32),
              "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
}

TEST(Password, only_the_same_password_matches) {
    vchip::SimEntropy entropy(1);
    const auto stored = hash_password(password, entropy, few);
    ASSERT_TRUE(stored);
    EXPECT_TRUE(check_password_hash(stored->reveal()));
    EXPECT_TRUE(check_password(stored->reveal(), password));
    for (const std::string_view wrong : {"", "correct hors", "correct horsf", "Correct horse", "correct horse "}) {
        EXPECT_EQ(check_password(stored->reveal(), wrong).error(), errors::password_wrong) << wrong;
    }
}

TEST(Password, the_same_password_is_never_stored_the_same_twice) {
    vchip::SimEntropy entropy(1);
    EXPECT_FALSE(*hash_password(password, entropy, few) == *hash_password(password, entropy, few));
}

TEST(Password, has_8_to_64_bytes) {
    vchip::SimEntropy entropy(1);
    EXPECT_EQ(hash_password(std::string(7, 'x'), entropy, few).error(), errors::password_length);
    EXPECT_TRUE(hash_password(std::string(8, 'x'), entropy, few));
    EXPECT_TRUE(hash_password(std::string(64, 'x'), entropy, few));
    EXPECT_EQ(hash_password(std::string(65, 'x'), entropy, few).error(), errors::password_length);
}

TEST(Password, a_damaged_hash_is_named_and_bounded_in_time) {
    vchip::SimEntropy entropy(1);
    const auto made = hash_password(password, entropy, few);
    const std::vector<std::uint8_t> good(made->reveal().begin(), made->reveal().end());
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(check_password(ConstBytes(good).first(size), password).error(), errors::password_corrupt);
    }
    auto bad = good;
    bad[0] = 2;
    EXPECT_EQ(check_password(bad, password).error(), errors::password_corrupt);
    for (const std::uint8_t high : {std::uint8_t{1}, std::uint8_t{255}}) {
        bad = good;
        bad[4] = high;  // far too many iterations
        EXPECT_EQ(check_password_hash(bad).error(), errors::password_corrupt);
        EXPECT_EQ(check_password(bad, password).error(), errors::password_corrupt);
    }
    bad = good;
    bad[1] = 0;  // none at all
    EXPECT_EQ(check_password_hash(bad).error(), errors::password_corrupt);
    bad = good;
    bad.back() = static_cast<std::uint8_t>(bad.back() ^ 1U);
    EXPECT_EQ(check_password(bad, password).error(), errors::password_wrong);
}

TEST(Password, without_entropy_there_is_no_hash) {
    vchip::SimEntropy entropy(1);
    entropy.set_failing(true);
    EXPECT_EQ(hash_password(password, entropy, few).error(), errors::no_entropy);
    EXPECT_EQ(hash_password(password, entropy, 0).error(), errors::invalid_argument);
}

}  // namespace
