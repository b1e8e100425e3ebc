// The heap refuses memory to Mbed TLS: an error that says so, never a verdict.
#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "support/failing_calloc.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace esb;
using esb::test::FailingCalloc;

constexpr std::size_t far_too_many = 100000;

TEST(CryptoMemory, a_signature_is_not_judged_without_memory) {
    crypto::P256PublicKey key;
    std::array<std::uint8_t, 64> signature{};
    ASSERT_TRUE(base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", key.x));
    ASSERT_TRUE(base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", key.y));
    ASSERT_TRUE(base64url_decode(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", signature));
    const auto message = as_bytes(
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    std::size_t n = 1;
    for (; n < far_too_many; n += 1 + n / 16) {
        const FailingCalloc refuse(n);
        const auto verdict = crypto::verify_es256(key, message, signature);
        if (!FailingCalloc::refused()) {
            EXPECT_TRUE(verdict);
            break;
        }
        ASSERT_FALSE(verdict) << n;
        ASSERT_EQ(verdict.error(), errors::no_memory) << n << " " << verdict.error().name();
    }
    EXPECT_GT(n, 5U);
}

TEST(CryptoMemory, a_key_is_not_judged_without_memory) {
    for (std::size_t n = 1; n < far_too_many; ++n) {
        const FailingCalloc refuse(n);
        const auto verdict = crypto::check_public_key({});
        if (!FailingCalloc::refused()) break;
        ASSERT_EQ(verdict.error(), errors::no_memory) << n;
    }
}

TEST(CryptoMemory, decryption_says_that_memory_ran_out) {
    const std::array<std::uint8_t, 32> key{};
    const std::array<std::uint8_t, 12> nonce{};
    const std::array<std::uint8_t, 16> tag{};
    const FailingCalloc refuse(1, true);
    EXPECT_EQ(crypto::open_aes256_gcm(key, nonce, {}, {}, tag, {}).error(), errors::no_memory);
}

}  // namespace
