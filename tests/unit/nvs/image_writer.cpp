#include "host/nvs/image_writer.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "host/nvs/keys.hpp"
#include "tests/unit/nvs/nvs_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

namespace esb::nvs {
namespace {

std::string sha256_of(ConstBytes bytes) {
    std::array<char, 64> digits{};
    return std::string(*hex_encode(crypto::sha256(bytes), digits));
}

// The four sums are of files that esp-idf-nvs-partition-gen 0.2.0 has written: the rows of nvs_rig.hpp as its CSV, size
// 0x6000; `generate`, `encrypt --inputkey`, that key's own file, `generate-key --key_protect_hmac --kp_hmac_inputkey`.
TEST(NvsImage, is_byte_for_byte_what_the_generator_of_esp_idf_makes) {
    EXPECT_EQ(sha256_of(test::image()), "95b1fd1497e8348f86348e1cd422949c192dcf3f9ddcf4e7c68c561ef43aa4e0");
}

TEST(NvsImage, is_so_encrypted_too) {
    EXPECT_EQ(sha256_of(test::image(test::cipher())),
              "1a4f2ab4c7547f21547e99fff6cd99bf09995c1999e67d1b418c07bc8c6be504");
}

TEST(NvsKeys, have_the_generators_form_and_derivation) {
    EXPECT_EQ(sha256_of(keys_partition(test::counting_keys())),
              "f5a98cc3e8b10d8d0a275e89ba37e470e44f37fa31dd73ab06e6b7ba8ccce64e");
    std::array<std::uint8_t, hmac_key_size> key{};
    std::iota(key.begin(), key.end(), std::uint8_t{0});
    EXPECT_EQ(sha256_of(keys_partition(keys_of_hmac_key(key))),
              "dd208dbd71c8fc352af7f0d214750b0910bc79c4c695e377e6936876bd028098");
}

TEST(NvsKeys, are_read_back_and_refused_with_any_bit_changed) {
    auto partition = keys_partition(test::counting_keys());
    EXPECT_EQ(read_keys_partition(partition).value(), test::counting_keys());
    for (std::size_t bit = 0; bit < 8 * 68; ++bit) {
        partition[bit / 8] = static_cast<std::uint8_t>(partition[bit / 8] ^ (1U << bit % 8));
        EXPECT_EQ(read_keys_partition(partition).error(), errors::nvs_keys) << bit;
        partition[bit / 8] = static_cast<std::uint8_t>(partition[bit / 8] ^ (1U << bit % 8));
    }
    partition.pop_back();
    EXPECT_EQ(read_keys_partition(partition).error(), errors::nvs_keys);
}

TEST(NvsImage, is_refused_for_sizes_that_are_no_partition) {
    for (const std::size_t size : {0, 4096, 8192, 12287, 12289}) {
        EXPECT_EQ(ImageWriter::make(size).error(), errors::nvs_size) << size;
    }
}

TEST(NvsImage, refuses_names_and_texts_that_nvs_would) {
    auto writer = ImageWriter::make(0x3000);
    EXPECT_EQ(writer->blob("early", {}).error(), errors::nvs_name) << "no namespace yet";
    EXPECT_EQ(writer->open("sixteen.letters.").error(), errors::nvs_name);
    EXPECT_EQ(writer->open("").error(), errors::nvs_name);
    ASSERT_TRUE(writer->open("fifteen.letters"));
    EXPECT_EQ(writer->integer("tab\t", Type::u8, 1).error(), errors::nvs_name);
    EXPECT_EQ(writer->text("long", std::string(text_max, 'x')).error(), errors::nvs_too_long);
    EXPECT_EQ(writer->text("nul", std::string(3, '\0')).error(), errors::nvs_too_long);
    EXPECT_TRUE(writer->text("long", std::string(text_max - 1, 'x')));
}

TEST(NvsImage, is_full_one_page_before_its_end) {
    auto writer = ImageWriter::make(0x3000);
    ASSERT_TRUE(writer->open("esb"));
    unsigned count = 0;
    while (writer->integer("n", Type::u32, count)) ++count;
    EXPECT_EQ(count, 2 * entries_per_page - 1) << "one entry is the namespace's";
    EXPECT_EQ(writer->integer("n", Type::u32, 0).error(), errors::nvs_full);
    const auto& image = writer->image();
    EXPECT_TRUE(std::all_of(image.begin() + 0x2000, image.end(), [](std::uint8_t byte) { return byte == 0xFF; }));
}

}  // namespace
}  // namespace esb::nvs
