// What ties a chunk of an encrypted image to its place: its form is for others to follow (docs/protocol.md).
#include "esb/ota/chunk_cipher.hpp"

#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

namespace esb::ota {
namespace {

TEST(ChunkCipher, the_nonce_is_the_chunks_number) {
    EXPECT_EQ(test::hex(chunk_nonce(0)), "000000000000000000000000");
    EXPECT_EQ(test::hex(chunk_nonce(1)), "000000000000000000000001");
    EXPECT_EQ(test::hex(chunk_nonce(0x01020304)), "000000000000000001020304");
}

TEST(ChunkCipher, the_additional_data_is_how_many_there_are_and_the_image) {
    const auto image = crypto::sha256(as_bytes("image"));
    for (const auto& [size, count] : {std::pair<std::uint32_t, const char*>{1, "00000001"},
                                      {4096, "00000001"},
                                      {4097, "00000002"},
                                      {0xFFFFFFFF, "00100000"}}) {
        EXPECT_EQ(test::hex(chunk_additional(size, image)), count + test::hex(image)) << size;
    }
}

TEST(ChunkCipher, a_file_is_as_long_as_its_chunks_and_tags) {
    EXPECT_EQ(encrypted_size(0), 0U);
    EXPECT_EQ(encrypted_size(1), 17U);
    EXPECT_EQ(encrypted_size(4096), 4112U);
    EXPECT_EQ(encrypted_size(4097), 4129U);
    ContentKey key;
    const ChunkCipher cipher(key, 10'000, crypto::Digest{});
    EXPECT_EQ(cipher.file_size(), 10'048U);
    EXPECT_EQ(cipher.file_offset(8192), 8224U);
}

}  // namespace
}  // namespace esb::ota
