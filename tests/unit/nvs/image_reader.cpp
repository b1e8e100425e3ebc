#include "host/nvs/image_reader.hpp"

#include "tests/unit/nvs/nvs_rig.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace esb::nvs {
namespace {

std::map<std::string, Value> by_name(const std::vector<Value>& values) {
    std::map<std::string, Value> named;
    for (const auto& value : values) named[value.name_space + "/" + value.key] = value;
    return named;
}

void expect_the_content(const Result<std::vector<Value>>& values) {
    ASSERT_TRUE(values) << values.error().name();
    EXPECT_EQ(values->size(), 14U);
    auto named = by_name(*values);
    EXPECT_EQ(named["esb/cfg.a"].bytes, test::pattern(300, 1));
    EXPECT_EQ(named["esb/born.shown.a"].bytes, test::pattern(10, 2));
    EXPECT_EQ(named["author/n.i16"].bytes, (std::vector<std::uint8_t>{0x00, 0x80}));
    EXPECT_EQ(named["author/n.i16"].type, Type::i16);
    EXPECT_EQ(as_text(named["author/name"].bytes), "Gewaechshaus 42");
    EXPECT_EQ(named["author/long"].bytes.size(), text_max - 1);
    EXPECT_EQ(named["author/pages"].bytes, test::pattern(9000, 3)) << "over several pages";
    EXPECT_EQ(named["author/pages"].type, Type::blob);
    EXPECT_EQ(named["author/edge"].bytes, test::pattern(32, 4));
}

TEST(NvsReader, reads_every_form_back) { expect_the_content(read_image(test::image(), nullptr)); }

TEST(NvsReader, reads_every_form_back_from_an_encrypted_image) {
    const auto cipher = test::cipher();
    expect_the_content(read_image(test::image(test::cipher()), &cipher));
}

TEST(NvsReader, refuses_an_encrypted_image_without_its_key_and_with_another) {
    const auto image = test::image(test::cipher());
    EXPECT_EQ(read_image(image, nullptr).error(), errors::nvs_entry);
    auto keys = test::counting_keys();
    keys[0] = 0xFF;
    const auto other = Cipher::make(keys);
    EXPECT_EQ(read_image(image, &*other).error(), errors::nvs_entry);
    EXPECT_EQ(read_image(test::image(), &*other).error(), errors::nvs_entry) << "nor is a plain one decrypted";
}

TEST(NvsReader, refuses_what_is_no_partition) {
    EXPECT_EQ(read_image({}, nullptr).error(), errors::nvs_size);
    EXPECT_EQ(read_image(std::vector<std::uint8_t>(4095, 0xFF), nullptr).error(), errors::nvs_size);
    EXPECT_EQ(read_image(std::vector<std::uint8_t>(0x3000, 0xFF), nullptr).error(), errors::nvs_empty);
    EXPECT_EQ(read_image(std::vector<std::uint8_t>(0x3000, 0x00), nullptr).error(), errors::nvs_page);
}

// But for the bitmap, where a bit may turn an entry into one that was erased.
TEST(NvsReader, no_bit_that_changed_changes_a_value) {
    auto image = test::image();
    const auto good = read_image(image, nullptr).value();
    std::size_t noticed = 0;
    for (std::size_t at = 0; at < image.size(); at += at % page_size < 2048 ? 1 : 37) {
        if (at % page_size >= bitmap_at && at % page_size < first_entry_at) continue;
        const auto bit = static_cast<std::uint8_t>(1U << at % 8);
        image[at] = static_cast<std::uint8_t>(image[at] ^ bit);
        const auto read = read_image(image, nullptr);
        noticed += read ? 0 : 1;
        EXPECT_TRUE(!read || *read == good) << at;
        image[at] = static_cast<std::uint8_t>(image[at] ^ bit);
    }
    EXPECT_GT(noticed, 5000U);
}

TEST(NvsReader, of_two_values_with_a_key_the_newer_one_counts) {
    auto writer = ImageWriter::make(0x3000);
    ASSERT_TRUE(writer->open("esb"));
    ASSERT_TRUE(writer->blob("key", test::pattern(40, 1)));
    ASSERT_TRUE(writer->blob("key", test::pattern(50, 2)));
    auto image = writer->image();
    auto values = read_image(image, nullptr).value();
    ASSERT_EQ(values.size(), 1U);
    EXPECT_EQ(values[0].bytes, test::pattern(50, 2));
}

TEST(NvsReader, reads_pages_in_the_order_in_which_they_were_written) {
    auto writer = ImageWriter::make(0x3000);
    ASSERT_TRUE(writer->open("esb"));
    for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(writer->integer("key", Type::u64, i));
    const auto image = writer->image();
    std::vector<std::uint8_t> turned(image.begin() + page_size, image.begin() + 2 * page_size);
    turned.insert(turned.end(), image.begin(), image.begin() + page_size);
    EXPECT_EQ(read_image(turned, nullptr).value()[0].bytes[0], 199);
}

}  // namespace
}  // namespace esb::nvs
