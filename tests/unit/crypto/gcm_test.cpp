#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace {

using namespace esb;

std::vector<std::uint8_t> bytes(std::string_view hex) {
    std::vector<std::uint8_t> out(hex.size() / 2);
    EXPECT_TRUE(hex_decode(hex, out));
    return out;
}
template <std::size_t N>
std::array<std::uint8_t, N> fixed(std::string_view hex) {
    std::array<std::uint8_t, N> out{};
    EXPECT_TRUE(hex_decode(hex, out));
    return out;
}

struct Vector {
    std::string_view key, nonce, additional, plain, coded, tag;
};

constexpr std::string_view zero_key = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view test_key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

// The AES-256 cases 13 to 16 of the GCM specification.
constexpr Vector vectors[] = {
    {zero_key, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {zero_key, "000000000000000000000000", "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {test_key, "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39"
     "1aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9f662"
     "898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {test_key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aes256Gcm, opens_the_published_vectors) {
    for (const auto& v : vectors) {
        const auto coded = bytes(v.coded);
        std::vector<std::uint8_t> out(coded.size());
        EXPECT_TRUE(crypto::open_aes256_gcm(fixed<32>(v.key), fixed<12>(v.nonce), bytes(v.additional), coded,
                                            fixed<16>(v.tag), out));
        EXPECT_EQ(out, bytes(v.plain));
    }
}

TEST(Aes256Gcm, opens_in_place) {
    const auto& v = vectors[3];
    auto memory = bytes(v.coded);
    EXPECT_TRUE(crypto::open_aes256_gcm(fixed<32>(v.key), fixed<12>(v.nonce), bytes(v.additional), memory,
                                        fixed<16>(v.tag), memory));
    EXPECT_EQ(memory, bytes(v.plain));
}

TEST(Aes256Gcm, any_change_is_found_and_nothing_of_the_plaintext_stays) {
    const auto& v = vectors[3];
    for (const char* changed : {"key", "nonce", "additional", "coded", "tag"}) {
        auto key = fixed<32>(v.key);
        auto nonce = fixed<12>(v.nonce);
        auto additional = bytes(v.additional);
        auto coded = bytes(v.coded);
        auto tag = fixed<16>(v.tag);
        const std::string_view what = changed;
        if (what == "key") key[0] ^= 1;
        if (what == "nonce") nonce[11] ^= 0x80;
        if (what == "additional") additional.pop_back();
        if (what == "coded") coded[59] ^= 1;
        if (what == "tag") tag[15] ^= 1;
        std::vector<std::uint8_t> out(coded.size(), 0xEE);
        EXPECT_EQ(crypto::open_aes256_gcm(key, nonce, additional, coded, tag, out).error(), errors::bad_tag) << what;
        EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](std::uint8_t b) { return b == 0; })) << what;
    }
}

TEST(Aes256Gcm, checks_the_room) {
    const auto& v = vectors[1];
    std::vector<std::uint8_t> out(15, 0xEE);
    EXPECT_EQ(crypto::open_aes256_gcm(fixed<32>(v.key), fixed<12>(v.nonce), {}, bytes(v.coded), fixed<16>(v.tag), out)
                  .error(),
              errors::too_short);
    EXPECT_EQ(out, std::vector<std::uint8_t>(15, 0xEE));
}

}  // namespace
