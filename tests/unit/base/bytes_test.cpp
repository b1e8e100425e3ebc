#include "esb/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace esb;

TEST(Bytes, text_and_bytes_are_views_of_the_same_memory) {
    const std::string_view text = "a\0b";
    EXPECT_EQ(static_cast<const void*>(as_bytes(text).data()), text.data());
    EXPECT_EQ(as_text(as_bytes("xyz")), "xyz");
}

TEST(Bytes, both_comparisons_agree) {
    for (const auto compare : {equal, equal_constant_time}) {
        EXPECT_TRUE(compare({}, {}));
        EXPECT_TRUE(compare(as_bytes("same"), as_bytes("same")));
        EXPECT_FALSE(compare(as_bytes("same"), as_bytes("sam")));
        EXPECT_FALSE(compare(as_bytes("same"), as_bytes("samf")));
        EXPECT_FALSE(compare(as_bytes("same"), as_bytes("Same")));
        EXPECT_FALSE(compare({}, as_bytes("a")));
    }
}

TEST(Bytes, copy_allows_overlap_and_emptiness) {
    std::array<std::uint8_t, 4> memory{1, 2, 3, 4};
    copy(ConstBytes(memory).first(3), MutBytes(memory).subspan(1));
    EXPECT_EQ(memory, (std::array<std::uint8_t, 4>{1, 1, 2, 3}));
    copy({}, {});
}

TEST(ByteReader, reads_integers_of_both_orders) {
    const std::array<std::uint8_t, 13> bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                             0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD};
    ByteReader reader{bytes};
    EXPECT_EQ(reader.u8().value(), 0x01);
    EXPECT_EQ(reader.be16().value(), 0x0203);
    EXPECT_EQ(reader.be32().value(), 0x04050607U);
    EXPECT_EQ(reader.le16().value(), 0xF9F8);
    EXPECT_EQ(reader.le32().value(), 0xFDFCFBFAU);
    EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, a_read_past_the_end_moves_nothing) {
    const std::array<std::uint8_t, 3> bytes{1, 2, 3};
    ByteReader reader{bytes};
    EXPECT_EQ(reader.be32().error(), errors::too_short);
    EXPECT_EQ(reader.le32().error(), errors::too_short);
    EXPECT_EQ(reader.take(4).error(), errors::too_short);
    EXPECT_EQ(reader.take(static_cast<std::size_t>(-1)).error(), errors::too_short);
    EXPECT_EQ(reader.remaining(), 3U);
    EXPECT_EQ(reader.take(3)->size(), 3U);
    EXPECT_EQ(reader.u8().error(), errors::too_short);
    EXPECT_EQ(reader.be16().error(), errors::too_short);
    EXPECT_EQ(reader.le16().error(), errors::too_short);
    EXPECT_TRUE(reader.take(0)->empty());
    EXPECT_TRUE(reader.rest().empty());
}

TEST(ByteWriter, writes_what_the_reader_reads) {
    std::array<std::uint8_t, 16> memory{};
    ByteWriter writer{memory};
    writer.u8(0xAB).be16(0x1234).le16(0x1234).be32(0xDEADBEEF).le32(0xDEADBEEF).text("xyz");
    EXPECT_FALSE(writer.overflowed());
    EXPECT_EQ(writer.size(), 16U);
    ByteReader reader{writer.written()};
    EXPECT_EQ(reader.u8().value(), 0xAB);
    EXPECT_EQ(reader.be16().value(), 0x1234);
    EXPECT_EQ(reader.le16().value(), 0x1234);
    EXPECT_EQ(reader.be32().value(), 0xDEADBEEFU);
    EXPECT_EQ(reader.le32().value(), 0xDEADBEEFU);
    EXPECT_EQ(as_text(reader.rest()), "xyz");
}

TEST(ByteWriter, overflow_writes_nothing_and_latches) {
    std::array<std::uint8_t, 4> memory{9, 9, 9, 9};
    ByteWriter writer{memory};
    writer.u8(1).text("long").u8(2);
    EXPECT_TRUE(writer.overflowed());
    EXPECT_EQ(writer.size(), 1U);
    EXPECT_EQ(memory, (std::array<std::uint8_t, 4>{1, 9, 9, 9}));
}

TEST(ByteWriter, an_integer_that_does_not_fit_leaves_the_latch_set) {
    std::array<std::uint8_t, 3> memory{};
    ByteWriter writer{memory};
    writer.be32(1);
    EXPECT_TRUE(writer.overflowed());
    EXPECT_LE(writer.size(), memory.size());
}

}  // namespace
