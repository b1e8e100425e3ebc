#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace {

using namespace esb;
using namespace esb::crypto;

using Signature = std::array<std::uint8_t, 64>;
using Number = std::array<std::uint8_t, 32>;

Number number(std::string_view hex) {
    Number out{};
    EXPECT_TRUE(hex_decode(hex, out));
    return out;
}

// RFC 7515 appendix A.3
constexpr std::string_view message =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

P256PublicKey key() {
    P256PublicKey made;
    EXPECT_TRUE(base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", made.x));
    EXPECT_TRUE(base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", made.y));
    return made;
}

Signature signature() {
    Signature made{};
    EXPECT_TRUE(base64url_decode(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", made));
    return made;
}

const Number zero{};
const Number order = number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const Number order_plus_1 = number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552");
const Number prime = number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const Number all_ones = number("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");

Signature with_r(const Number& r) {
    auto made = signature();
    std::copy(r.begin(), r.end(), made.begin());
    return made;
}
Signature with_s(const Number& s) {
    auto made = signature();
    std::copy(s.begin(), s.end(), made.begin() + 32);
    return made;
}

TEST(Es256, accepts_the_example_of_rfc_7515) { EXPECT_TRUE(verify_es256(key(), as_bytes(message), signature())); }

TEST(Es256, refuses_every_flipped_bit_of_the_signature) {
    for (std::size_t bit = 0; bit < 512; bit += 7) {
        auto changed = signature();
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
        const auto verdict = verify_es256(key(), as_bytes(message), changed);
        ASSERT_FALSE(verdict) << bit;
        ASSERT_EQ(verdict.error(), errors::bad_signature);
    }
}

TEST(Es256, refuses_another_message) {
    std::string changed(message);
    changed.back() = 'R';
    EXPECT_EQ(verify_es256(key(), as_bytes(changed), signature()).error(), errors::bad_signature);
    EXPECT_EQ(verify_es256(key(), as_bytes(message.substr(1)), signature()).error(), errors::bad_signature);
    EXPECT_EQ(verify_es256(key(), {}, signature()).error(), errors::bad_signature);
}

// SEC 1 §4.1.4 step 1: r and s lie in [1, n-1].
TEST(Es256, refuses_numbers_outside_the_group) {
    for (const auto& bad : {zero, order, order_plus_1, all_ones}) {
        EXPECT_EQ(verify_es256(key(), as_bytes(message), with_r(bad)).error(), errors::bad_signature);
        EXPECT_EQ(verify_es256(key(), as_bytes(message), with_s(bad)).error(), errors::bad_signature);
    }
    EXPECT_EQ(verify_es256(key(), as_bytes(message), Signature{}).error(), errors::bad_signature);
}

TEST(Es256, refuses_another_key_on_the_curve) {
    P256PublicKey generator;
    generator.x = number("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    generator.y = number("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    EXPECT_TRUE(check_public_key(generator));
    EXPECT_EQ(verify_es256(generator, as_bytes(message), signature()).error(), errors::bad_signature);
}

TEST(Es256, refuses_keys_that_are_no_points) {
    auto off_curve = key();
    off_curve.y[31] ^= 1;
    auto beyond_the_field = key();
    beyond_the_field.x = prime;
    auto far_beyond = key();
    far_beyond.y = all_ones;
    for (const auto& bad : {P256PublicKey{}, off_curve, beyond_the_field, far_beyond}) {
        EXPECT_EQ(check_public_key(bad).error(), errors::bad_key);
        EXPECT_EQ(verify_es256(bad, as_bytes(message), signature()).error(), errors::bad_key);
    }
}

TEST(Es256, accepts_the_mirrored_point_as_a_key_of_its_own) {
    auto mirrored = key();
    unsigned borrow = 0;
    for (std::size_t i = 32; i > 0; --i) {  // p - y
        const auto difference = static_cast<int>(prime[i - 1]) - mirrored.y[i - 1] - static_cast<int>(borrow);
        borrow = difference < 0 ? 1 : 0;
        mirrored.y[i - 1] = static_cast<std::uint8_t>(difference & 0xFF);
    }
    EXPECT_TRUE(check_public_key(mirrored));
    EXPECT_EQ(verify_es256(mirrored, as_bytes(message), signature()).error(), errors::bad_signature);
}

}  // namespace
