// AES Key Wrap with 256-bit keys: RFC 3394's vector, and every bit of it.
#include "esb/crypto/key_wrap.hpp"

#include "esb/base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>

namespace esb::crypto {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> hex(std::string_view text) {
    std::array<std::uint8_t, N> bytes{};
    EXPECT_TRUE(hex_decode(text, bytes));
    return bytes;
}

// §4.6
const auto with = hex<32>("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
const auto key = hex<32>("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
const auto wrapped = hex<40>("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");

TEST(KeyWrap, wraps_as_the_specification_does) {
    std::array<std::uint8_t, 40> out{};
    ASSERT_TRUE(wrap_key(with, key, out));
    EXPECT_EQ(out, wrapped);
}

TEST(KeyWrap, unwraps_as_the_specification_does) {
    std::array<std::uint8_t, 32> out{};
    ASSERT_TRUE(unwrap_key(with, wrapped, out));
    EXPECT_EQ(out, key);
}

TEST(KeyWrap, refuses_each_flipped_bit_and_gives_nothing_away) {
    for (std::size_t bit = 0; bit < 8 * wrapped.size(); ++bit) {
        auto bad = wrapped;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        std::array<std::uint8_t, 32> out{};
        const auto outcome = unwrap_key(with, bad, out);
        ASSERT_FALSE(outcome) << bit;
        EXPECT_EQ(outcome.error(), errors::bad_tag);
        EXPECT_EQ(out, (std::array<std::uint8_t, 32>{}));
    }
}

TEST(KeyWrap, refuses_another_key) {
    auto other = with;
    other[31] ^= 1;
    std::array<std::uint8_t, 32> out{};
    EXPECT_FALSE(unwrap_key(other, wrapped, out));
}

}  // namespace
}  // namespace esb::crypto
