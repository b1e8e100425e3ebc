#include "esb/settings/blob.hpp"

#include "esb/base/encoding.hpp"
#include "esb/settings/schema.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::settings {
namespace {

using Blob = std::vector<std::uint8_t>;

Blob records(std::initializer_list<Record> list) {
    Blob out(blob_max);
    ByteWriter writer(out);
    for (const auto& record : list) encode(record, writer);
    out.resize(writer.size());
    return out;
}

Blob sealed(const Blob& records, BlobHeader header = {}) {
    Blob blob(blob_header_size);
    blob.insert(blob.end(), records.begin(), records.end());
    seal_blob(blob, header);
    return blob;
}

Blob merged(const Blob& base, const Blob& patch) {
    Blob out(blob_max);
    ByteWriter writer(out);
    merge_records(base, patch, writer);
    out.resize(writer.size());
    return out;
}

TEST(Blob, has_the_documented_bytes) {
    const auto blob =
        sealed(records({{"a.b", as_bytes("xy")}}), {blob_version, 6, 0x01020304, {9, 8, 7, 6, 5, 4, 3, 2}});
    const Blob head = {'E', 'S', 'B', 'S', 2, 6, 16, 0, 4, 3, 2, 1};
    const Blob body = {9, 8, 7, 6, 5, 4, 3, 2, 3, 'a', '.', 'b', 2, 0, 'x', 'y'};
    EXPECT_EQ(Blob(blob.begin(), blob.begin() + 12), head);
    EXPECT_EQ(Blob(blob.begin() + 16, blob.end()), body);
    Blob summed = head;
    summed.insert(summed.end(), body.begin(), body.end());
    ByteReader crc(ConstBytes(blob).subspan(12));
    EXPECT_EQ(*crc.le32(), crc32(summed));
}

TEST(Blob, header_is_read_back) {
    const auto header = check_blob(sealed(records({{"a", {}}, {"b", as_bytes("1")}}), {blob_version, 4, 77}));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->staged_mask, 4);
    EXPECT_EQ(header->generation, 77U);
    EXPECT_TRUE(check_blob(sealed({})));
}

TEST(Blob, every_single_bit_flip_is_seen) {
    const auto good = sealed(records({{"wifi", as_bytes("secret")}}), {blob_version, 2, 9});
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_EQ(check_blob(bad).error(), errors::settings_corrupt) << bit;
    }
}

TEST(Blob, every_cut_and_every_extra_byte_is_seen) {
    const auto good = sealed(records({{"wifi", as_bytes("secret")}}));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(check_blob(ConstBytes(good).first(size)).error(), errors::settings_corrupt) << size;
    }
    auto longer = good;
    longer.push_back(0);
    EXPECT_EQ(check_blob(longer).error(), errors::settings_corrupt);
}

TEST(Blob, records_that_are_not_in_the_one_allowed_form_are_refused_even_with_a_right_checksum) {
    const Blob value(value_max + 1);
    const std::vector<Blob> bad = {
        records({{"b", {}}, {"a", {}}}),
        records({{"a", {}}, {"a", {}}}),
        records({{"A", {}}}),
        records({{"", {}}}),
        records({{"abcdefghijklmnopqrstuvwxy", {}}}),
        records({{"a", value}}),
        records({{"a", {}, true}}),
        {1, 'a', 0},
        {1, 'a', 1, 0},
        {5, 'a'},
        {1, 'a', 0, 0, 0},
    };
    for (std::size_t i = 0; i < bad.size(); ++i) {
        EXPECT_EQ(check_blob(sealed(bad[i])).error(), errors::settings_corrupt) << i;
    }
}

TEST(Blob, a_newer_version_is_told_from_a_damaged_one) {
    auto newer = sealed({0xFF, 0xFF, 0xFF}, {blob_version + 1, 0, 5});
    const auto header = check_blob(newer);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->version, blob_version + 1);
    EXPECT_EQ(header->generation, 5U);
    newer.back() ^= 1;
    EXPECT_EQ(check_blob(newer).error(), errors::settings_corrupt);
    EXPECT_EQ(check_blob(sealed({}, {0, 0, 5})).error(), errors::settings_corrupt);
}

TEST(Blob, generations_compare_across_the_wrap) {
    EXPECT_TRUE(is_newer(2, 1));
    EXPECT_FALSE(is_newer(1, 1));
    EXPECT_TRUE(is_newer(0, 0xFFFFFFFF));
    EXPECT_FALSE(is_newer(0xFFFFFFFF, 0));
}

TEST(Merge, replaces_adds_removes_and_keeps_the_rest) {
    const auto base = records({{"b", as_bytes("1")}, {"d", as_bytes("2")}, {"f", as_bytes("3")}});
    const auto patch = records(
        {{"a", as_bytes("new")}, {"b", {}, true}, {"c", {}, true}, {"d", as_bytes("22")}, {"g", as_bytes("last")}});
    EXPECT_EQ(merged(base, patch),
              records({{"a", as_bytes("new")}, {"d", as_bytes("22")}, {"f", as_bytes("3")}, {"g", as_bytes("last")}}));
    EXPECT_EQ(merged(base, {}), base);
    EXPECT_EQ(merged({}, base), base);
}

TEST(Merge, reports_that_it_does_not_fit) {
    const auto base = records({{"b", as_bytes("1")}});
    Blob small(base.size() + 1);
    ByteWriter writer(small);
    merge_records(base, records({{"c", {}}}), writer);
    EXPECT_TRUE(writer.overflowed());
}

TEST(FindRecord, finds_by_whole_name) {
    const auto list = records({{"a", as_bytes("1")}, {"ab", as_bytes("2")}});
    EXPECT_EQ(as_text(find_record(list, "ab")->value), "2");
    EXPECT_FALSE(find_record(list, "abc"));
    EXPECT_FALSE(find_record({}, "a"));
}

}  // namespace
}  // namespace esb::settings
