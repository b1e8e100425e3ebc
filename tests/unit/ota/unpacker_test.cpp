#include "esb/ota/unpacker.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/block_packer.hpp"
#include "tests/support/packed.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>

namespace esb {
namespace {

using ota::Unpacker;
using test::ByteVector;
using test::UnpackedBytes;

static_assert(sizeof(Unpacker) <= 8192);  // docs/updates.md

struct Pair {
    ByteVector image;
    ByteVector old;  // empty: packed alone
};

ByteVector pack(const Pair& pair) {
    const auto file = cli::pack_image(pair.image, pair.old);
    return {file.begin(), file.end()};
}

// Fails as the unpacker does, or gives what it made.
Result<ByteVector> unpack(const Pair& pair, ConstBytes file, std::size_t piece = 700) {
    UnpackedBytes bytes;
    bytes.old = pair.old;
    Unpacker unpacker(bytes, static_cast<std::uint32_t>(pair.image.size()),
                      static_cast<std::uint32_t>(pair.old.size()));
    ESB_TRY(test::unpack(unpacker, bytes, file, piece));
    EXPECT_LE(bytes.made.size(), pair.image.size());
    return bytes.made;
}

ByteVector inserted(ByteVector bytes, std::size_t at, const ByteVector& more) {
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
    return bytes;
}

std::vector<Pair> pairs() {
    std::vector<Pair> all;
    for (const std::size_t size : {1U, 2U, 3U, 10U, 11U, 100U, 4096U, 65535U, 65536U, 65537U, 200'000U}) {
        all.push_back({test::code_like(size, 1), {}});
        all.push_back({test::random_bytes(size, 2), {}});
        all.push_back({ByteVector(size, 0), {}});
        all.push_back({test::code_like(size, 1), test::code_like(size, 1)});
        all.push_back({test::code_like(size, 1), test::random_bytes(500, 3)});
        all.push_back({test::next_version(test::code_like(size, 1), 5), test::code_like(size, 1)});
        all.push_back({test::random_bytes(size, 2), inserted(test::random_bytes(size, 2), size / 2, {1, 2, 3})});
        all.push_back({inserted(test::random_bytes(size, 2), size / 2, test::random_bytes(90, 4)), test::random_bytes(size, 2)});
    }
    // Parts in another order, far apart.
    auto turned = test::random_bytes(150'000, 6);
    std::rotate(turned.begin(), turned.begin() + 70'001, turned.end());
    all.push_back({turned, test::random_bytes(150'000, 6)});
    // From some places in turn: each has a distance of its own, which comes again.
    const auto old = test::random_bytes(200'000, 7);
    for (const std::size_t places : {2U, 3U, 5U}) {
        ByteVector mixed;
        for (std::size_t i = 0; i < 100; ++i) {
            const auto from = old.begin() + static_cast<std::ptrdiff_t>(i * 600 + i % places * 20'000);
            mixed.insert(mixed.end(), from, from + 600);
        }
        all.push_back({mixed, old});
    }
    return all;
}

TEST(Unpacker, makes_every_image_again_however_it_is_cut) {
    for (const auto& pair : pairs()) {
        const auto file = pack(pair);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{61}, std::size_t{700}, file.size()}) {
            const auto made = unpack(pair, file, piece);
            ASSERT_TRUE(made) << made.error().name() << ", " << pair.image.size() << " of " << pair.old.size();
            ASSERT_EQ(*made, pair.image) << pair.image.size() << " of " << pair.old.size() << " by " << piece;
        }
    }
}

TEST(Unpacker, gets_the_same_file_for_the_same_images) {
    const Pair pair{test::next_version(test::code_like(90'000, 1), 5), test::code_like(90'000, 1)};
    EXPECT_EQ(pack(pair), pack(pair));
}

TEST(Unpacker, saves_what_comes_again) {
    const auto image = test::code_like(100'000, 1);
    EXPECT_LT(pack({image, {}}).size(), image.size() / 2);
    EXPECT_LT(pack({image, image}).size(), 100U);
    EXPECT_LT(pack({test::next_version(image, 5), image}).size(), 2000U);
    EXPECT_LE(pack({test::random_bytes(100'000, 1), {}}).size(), 100'000U + 2 * ota::packed::head_size);
}

TEST(Unpacker, goes_on_at_any_block) {
    const auto old = test::code_like(250'000, 1);
    for (const Pair& pair : {Pair{test::next_version(old, 5), {}}, Pair{test::next_version(old, 5), old}}) {
        const auto file = pack(pair);
        UnpackedBytes bytes;
        bytes.old = pair.old;
        const auto size = static_cast<std::uint32_t>(pair.image.size());
        const auto old_size = static_cast<std::uint32_t>(pair.old.size());
        Unpacker first(bytes, size, old_size);
        ConstBytes rest = file;
        while (bytes.made.size() < size) {
            const auto made = first.take(rest);
            ASSERT_TRUE(made);
            bytes.made.insert(bytes.made.end(), made->begin(), made->end());
            if (!first.between_blocks()) continue;
            EXPECT_TRUE(first.at() % ota::packed::block_size == 0 || first.at() == size);
            UnpackedBytes again = bytes;
            Unpacker second(again, size, old_size);
            second.begin(first.at(), first.file_at());
            ASSERT_TRUE(test::unpack(second, again, ConstBytes(file).subspan(first.file_at()), 300));
            EXPECT_EQ(again.made, pair.image) << first.at();
        }
    }
}

TEST(Unpacker, is_not_done_with_any_beginning) {
    const auto old = test::code_like(3000, 1);
    for (const Pair& pair : {Pair{test::next_version(old, 5), {}}, Pair{test::next_version(old, 5), old}}) {
        const auto file = pack(pair);
        for (std::size_t size = 0; size < file.size(); ++size) {
            const auto made = unpack(pair, ConstBytes(file).first(size), 100);
            ASSERT_TRUE(made) << size;
            ASSERT_LT(made->size(), pair.image.size()) << size;
        }
    }
}

TEST(Unpacker, takes_nothing_behind_the_end) {
    const Pair pair{test::code_like(3000, 1), {}};
    auto file = pack(pair);
    file.push_back(0);
    const auto made = unpack(pair, file);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), errors::ota_size);
}

TEST(Unpacker, makes_nothing_else_of_a_file_with_a_wrong_bit) {
    std::size_t flips = 0;
    std::size_t wrong = 0;
    const auto old = test::code_like(3000, 1);
    for (const Pair& pair : {Pair{test::next_version(old, 5), {}}, Pair{test::next_version(old, 5), old},
                             Pair{test::random_bytes(300, 2), {}}}) {
        auto file = pack(pair);
        for (std::size_t bit = 0; bit < 8 * file.size(); ++bit, ++flips) {
            file[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            const auto made = unpack(pair, file);
            wrong += made && made->size() == pair.image.size() && *made != pair.image ? 1 : 0;
            EXPECT_TRUE(made || made.error() == errors::ota_packed || made.error() == errors::ota_size);
            file[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        }
    }
    std::cout << flips << " flipped bits, " << wrong << " wrong images\n";
    EXPECT_EQ(wrong, 0U);
}

TEST(Unpacker, finds_out_that_the_old_image_is_another) {
    const auto old = test::code_like(100'000, 1);
    const Pair pair{test::next_version(old, 5), old};
    const auto file = pack(pair);
    auto other = pair;
    other.old[50'000] ^= 1;
    const auto made = unpack(other, file);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), errors::ota_packed);
}

TEST(Unpacker, reads_from_a_flash_that_fails) {
    const auto old = test::code_like(3000, 1);
    for (const Pair& pair : {Pair{old, {}}, Pair{old, old}}) {
        UnpackedBytes bytes;
        bytes.old = pair.old;
        bytes.fails = true;
        Unpacker unpacker(bytes, 3000, static_cast<std::uint32_t>(pair.old.size()));
        const auto outcome = test::unpack(unpacker, bytes, pack(pair), 700);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error(), errors::flash_failed);
    }
}

// Files that no packer makes.
class HostileFiles : public testing::Test {
protected:
    const ByteVector old = test::code_like(1000, 1);
    const ByteVector image = test::code_like(2000, 2);

    ByteVector block(std::uint32_t length, std::uint32_t crc, std::string_view rest) const {
        ByteVector file(ota::packed::head_size);
        ByteWriter writer(file);
        writer.le16(static_cast<std::uint16_t>(length)).u8(static_cast<std::uint8_t>(length >> 16)).le32(crc);
        file.insert(file.end(), rest.begin(), rest.end());
        return file;
    }
    // A block of these operations, filled up so that none lacks input.
    ByteVector of(const std::function<void(cli::BlockPacker&)>& operations) const {
        cli::BlockPacker packer(image, old, 0);
        operations(packer);
        const auto packed = packer.finish() + std::string(200, '\0');
        return block(static_cast<std::uint32_t>(packed.size()), 0, packed);
    }
    void expect_refused(ConstBytes file) const {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, file.size()}) {
            const auto made = unpack({image, old}, file, piece);
            ASSERT_FALSE(made);
            EXPECT_EQ(made.error(), errors::ota_packed);
        }
    }
};

TEST_F(HostileFiles, have_blocks_of_impossible_lengths) {
    for (const std::uint32_t length : {1U, 2U, 3U, 2000U, 2001U, 65536U, 0xFFFFFFU}) {
        SCOPED_TRACE(length);
        expect_refused(block(length, 0, ""));
    }
}

TEST_F(HostileFiles, have_blocks_with_a_wrong_sum) {
    expect_refused(block(0, 1, as_text(image)));
}

TEST_F(HostileFiles, copy_from_before_the_beginning) {
    expect_refused(of([](auto& packer) { packer.copy(2, 1); }));
    expect_refused(of([](auto& packer) { packer.repeat(5, 0); }));
    expect_refused(of([](auto& packer) {
        packer.literal();
        packer.copy(2, 2);
    }));
    expect_refused(of([](auto& packer) {
        packer.literal();
        packer.copy(2, 0xFFFFFFFE);
    }));
}

TEST_F(HostileFiles, copy_beyond_the_end_of_the_block) {
    expect_refused(of([](auto& packer) {
        packer.literal();
        for (int i = 0; i < 7; ++i) packer.copy(273, 1);
        packer.copy(100, 1);
    }));
    expect_refused(of([](auto& packer) { packer.copy_old(1000, 0); packer.copy_old(1000, 0); packer.copy_old(1, 0); }));
}

TEST_F(HostileFiles, copy_what_the_old_image_does_not_have) {
    // The packer's differences need an old image that is there; its length and place are the unpacker's matter.
    const ByteVector longer = test::code_like(3000, 1);
    const auto with_longer = [&](std::uint32_t length, std::uint32_t from) {
        cli::BlockPacker packer(image, longer, 0);
        packer.literal();
        packer.copy_old(length, from);
        const auto packed = packer.finish() + std::string(200, '\0');
        return block(static_cast<std::uint32_t>(packed.size()), 0, packed);
    };
    expect_refused(with_longer(1001, 0));
    expect_refused(with_longer(10, 991));
    expect_refused(with_longer(1, 1000));
    expect_refused(with_longer(1, 2999));
}

TEST_F(HostileFiles, end_too_early_or_too_late) {
    Pair pair{image, old};
    const auto good = pack(pair);
    const auto operations = as_text(ConstBytes(good).subspan(ota::packed::head_size));
    const auto crc = crc32(image);
    const auto length = static_cast<std::uint32_t>(operations.size());
    EXPECT_TRUE(unpack(pair, block(length, crc, operations)));
    expect_refused(block(length + 1, crc, std::string(operations) + '\0'));
    expect_refused(block(length - 1, crc, operations.substr(0, length - 1)));
    expect_refused(block(length / 2, crc, operations.substr(0, length / 2)));
    expect_refused(block(4, crc, operations.substr(0, 4)));
}

}  // namespace
}  // namespace esb
