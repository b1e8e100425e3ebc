#include "esb/crypto/key_agreement.hpp"

#include "esb/base/encoding.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace esb;
using namespace esb::crypto;

std::array<std::uint8_t, 32> coordinate(std::string_view text) {
    std::array<std::uint8_t, 32> out{};
    EXPECT_TRUE(base64url_decode(text, out));
    return out;
}

P256KeyPair pair(std::string_view x, std::string_view y, std::string_view d) {
    P256KeyPair made;
    EXPECT_TRUE(made.secret.assign(coordinate(d)));
    made.open = {coordinate(x), coordinate(y)};
    return made;
}

// RFC 7518, Appendix C.
const P256KeyPair alice = pair("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
                               "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
const P256KeyPair bob = pair("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
                             "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");

struct KeyAgreement : testing::Test {
    vchip::HostEntropy entropy;

    std::string agreed(const P256KeyPair& ours, const P256KeyPair& theirs, std::size_t size, const KeyInfo& info) {
        std::array<std::uint8_t, 32> key{};
        std::array<char, 44> digits{};
        EXPECT_TRUE(agree_on_key(ours.secret, theirs.open, info, entropy, MutBytes(key).first(size)));
        return std::string(*base64url_encode(ConstBytes(key).first(size), digits));
    }
};

TEST_F(KeyAgreement, is_that_of_rfc_7518_on_both_sides) {
    const KeyInfo info{"A128GCM", as_bytes("Alice"), as_bytes("Bob")};
    EXPECT_EQ(agreed(alice, bob, 16, info), "VqqN6vgjbSBcIijNcacQGg");
    EXPECT_EQ(agreed(bob, alice, 16, info), "VqqN6vgjbSBcIijNcacQGg");
}

TEST_F(KeyAgreement, depends_on_everything_that_is_bound) {
    const auto key = agreed(alice, bob, 32, {"A256GCM"});
    EXPECT_EQ(key, agreed(bob, alice, 32, {"A256GCM"}));
    EXPECT_NE(key, agreed(alice, bob, 32, {"A256KW"}));
    EXPECT_NE(key, agreed(alice, bob, 32, {"A256GCM", as_bytes("u")}));
    EXPECT_NE(key, agreed(alice, bob, 32, {"A256GCM", {}, as_bytes("u")}));
}

TEST_F(KeyAgreement, refuses_what_is_no_point_of_the_curve) {
    std::array<std::uint8_t, 32> key{};
    int refused = 0;
    for (std::size_t bit = 0; bit < 512; ++bit) {
        auto wrong = bob.open;
        auto& half = bit < 256 ? wrong.x : wrong.y;
        half[bit % 256 / 8] = static_cast<std::uint8_t>(half[bit % 256 / 8] ^ (1U << bit % 8));
        const auto done = agree_on_key(alice.secret, wrong, {"A256GCM"}, entropy, key);
        ASSERT_FALSE(done) << bit;
        EXPECT_EQ(done.error(), errors::bad_key);
        ++refused;
    }
    EXPECT_EQ(refused, 512);
    EXPECT_FALSE(agree_on_key(alice.secret, {}, {"A256GCM"}, entropy, key));
}

TEST_F(KeyAgreement, makes_pairs_that_fit_and_differ) {
    const auto one = make_key_pair(entropy);
    const auto two = make_key_pair(entropy);
    ASSERT_TRUE(one && two);
    EXPECT_TRUE(check_public_key(one->open));
    EXPECT_FALSE(one->open == two->open);
    EXPECT_EQ(agreed(*one, *two, 32, {"A256GCM"}), agreed(*two, *one, 32, {"A256GCM"}));
}

}  // namespace
