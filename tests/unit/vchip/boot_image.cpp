#include "host/vchip/image.hpp"

#include "esb/crypto/crypto.hpp"
#include "support/vchip_image.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

using Bytes = std::vector<std::uint8_t>;

ImageReader reader(const Bytes& bytes) {
    return [&bytes](std::size_t offset, MutBytes out) -> Status {
        if (offset > bytes.size() || out.size() > bytes.size() - offset) return fail(errors::invalid_argument);
        copy(ConstBytes(bytes).subspan(offset, out.size()), out);
        return {};
    };
}

Error refusal(const Bytes& bytes) {
    const auto size = verify_image(reader(bytes), bytes.size());
    return size ? Error(errors::invalid_argument) : size.error();
}

void set(Bytes& bytes, std::size_t at, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
        bytes[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
}

TEST(Image, sealing_appends_padding_and_hash) {
    for (std::size_t body = 1000; body < 1016; ++body) {
        const auto program = test::make_program({.body = body});
        const auto image = seal_image(program);
        ASSERT_TRUE(image);
        EXPECT_EQ(image->size() % 16, 0U);
        EXPECT_LT(image->size(), program.size() + 16 + 32);
        EXPECT_TRUE(equal(ConstBytes(*image).first(program.size()), program));
        const auto body_hash = crypto::sha256(ConstBytes(*image).first(image->size() - 32));
        EXPECT_TRUE(equal(ConstBytes(*image).last(32), body_hash));
        EXPECT_EQ(verify_image(reader(*image), image->size()).value(), image->size());
    }
}

TEST(Image, sealing_twice_changes_nothing) {
    const auto image = test::make_image();
    EXPECT_EQ(seal_image(image).value(), image);
}

TEST(Image, bytes_behind_the_program_are_refused) {
    auto program = test::make_program();
    program.push_back(0);
    EXPECT_EQ(seal_image(program).error(), errors::image_trailing);
    auto image = test::make_image();
    image.push_back(0);
    EXPECT_EQ(seal_image(image).error(), errors::image_trailing);
}

TEST(Image, the_rest_of_the_slot_does_not_matter) {
    auto image = test::make_image();
    const std::size_t size = image.size();
    image.resize(size + 5000, 0xFF);
    EXPECT_EQ(verify_image(reader(image), image.size()).value(), size);
}

TEST(Image, any_flipped_bit_is_found) {
    const auto image = test::make_image({.body = 100});
    for (std::size_t at = 0; at < image.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto flipped = image;
            flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ (1 << bit));
            ASSERT_FALSE(verify_image(reader(flipped), flipped.size())) << at << " bit " << bit;
        }
    }
}

TEST(Image, any_missing_end_is_found) {
    const auto image = test::make_image({.body = 100});
    for (std::size_t size = 0; size < image.size(); ++size) {
        const Bytes part(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
        ASSERT_EQ(refusal(part), errors::image_size) << size;
    }
}

TEST(Image, refusals_are_named) {
    const auto image = test::make_image();
    EXPECT_EQ(refusal(Bytes(5000, 0xFF)), errors::image_format) << "an erased slot";
    for (const std::size_t at : {0U, 4U, 5U, 16U, 18U, 58U}) {  // magic, class, byte order, type, machine, e_shentsize
        auto bad = image;
        bad[at] ^= 0x80;
        EXPECT_EQ(refusal(bad), errors::image_format) << at;
    }
    auto bad = image;
    bad[image_descriptor_at] ^= 1;
    EXPECT_EQ(refusal(bad), errors::image_descriptor);
    bad = image;
    bad.back() ^= 1;
    EXPECT_EQ(refusal(bad), errors::image_hash);
}

TEST(Image, hostile_section_tables_are_refused) {
    const auto image = test::make_image();
    const struct {
        std::uint64_t offset;
        std::uint16_t count;
        const ErrorKind& error;
    } cases[] = {
        {0, 1, errors::image_format},
        {0x47F, 1, errors::image_format},  // over the descriptor
        {0x480, 0, errors::image_format},
        {UINT64_MAX, 1, errors::image_size},
        {UINT64_MAX - 63, 1, errors::image_size},
        {0x480, 0xFFFF, errors::image_size},
        {image.size(), 1, errors::image_size},
        {image.size() - 64, 1, errors::image_size},  // no room for the hash
        {image.size() - 95, 1, errors::image_size},  // none behind the padding
    };
    for (const auto& hostile : cases) {
        auto bad = image;
        set(bad, 40, hostile.offset, 8);
        set(bad, 60, hostile.count, 2);
        EXPECT_EQ(refusal(bad), hostile.error) << hostile.offset << " " << hostile.count;
    }
}

TEST(Image, a_readers_error_passes_through) {
    const auto image = test::make_image();
    for (std::size_t good_reads = 0; good_reads < 4; ++good_reads) {
        std::size_t reads = 0;
        const auto broken = [&](std::size_t offset, MutBytes out) -> Status {
            if (reads++ == good_reads) return fail(errors::timed_out);
            return reader(image)(offset, out);
        };
        EXPECT_EQ(verify_image(broken, image.size()).error(), errors::timed_out) << good_reads;
    }
}

TEST(Image, a_file_without_a_program_is_not_sealed) {
    EXPECT_EQ(seal_image(Bytes(10)).error(), errors::image_size);
    EXPECT_EQ(seal_image(Bytes(5000)).error(), errors::image_format);
}

}  // namespace
}  // namespace esb::vchip
