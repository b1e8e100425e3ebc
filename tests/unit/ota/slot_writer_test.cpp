#include "esb/ota/slot_writer.hpp"

#include "esb/chip/key_value.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace esb::ota {
namespace {

// Two slots in memory with the rules of chip::Slots; running is a.
class MemorySlots final : public chip::Slots {
public:
    static constexpr std::size_t size = 24 * 4096;
    std::vector<std::uint8_t> other = std::vector<std::uint8_t>(size, 0);
    std::size_t erases = 0;
    std::vector<std::pair<std::size_t, std::size_t>> erased;  // offset, length
    std::function<void(std::size_t, MutBytes)> on_read;
    bool programs_fail = false;

    chip::SlotGeometry geometry() const override { return {size, 4096, 4 * 4096, 16, 0x400}; }
    chip::SlotId running() const override { return chip::SlotId::a; }
    Status read(chip::SlotId, std::size_t offset, MutBytes out) override {
        if (offset + out.size() > size) return fail(errors::slot_bounds);
        copy(ConstBytes(other).subspan(offset, out.size()), out);
        if (on_read) on_read(offset, out);
        return {};
    }
    Status erase(chip::SlotId, std::size_t offset, std::size_t length) override {
        if (offset % 4096 != 0 || length % 4096 != 0) return fail(errors::slot_alignment);
        ++erases;
        erased.emplace_back(offset, length);
        std::fill_n(other.begin() + static_cast<std::ptrdiff_t>(offset), length, std::uint8_t{0xFF});
        return {};
    }
    Status program(chip::SlotId, std::size_t offset, ConstBytes bytes) override {
        if (programs_fail) return fail(errors::flash_failed);
        if (offset % 16 != 0 || bytes.size() % 16 != 0) return fail(errors::slot_alignment);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (other[offset + i] != 0xFF) return fail(errors::slot_not_erased);
        }
        copy(bytes, MutBytes(other).subspan(offset));
        return {};
    }
    chip::SlotState state(chip::SlotId) const override { return chip::SlotState::undefined; }
    Status set_boot(chip::SlotId) override { return {}; }
    Status confirm_running() override { return {}; }
    Status reject_running() override { return {}; }
};

std::vector<std::uint8_t> pattern(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
    return bytes;
}

TEST(SlotWriter, writes_pieces_of_any_size_and_pads_the_tail) {
    for (const std::size_t piece : {1UL, 15UL, 16UL, 4095UL, 4096UL, 5000UL, 60000UL}) {
        MemorySlots slots;
        SlotWriter writer(slots);
        const auto bytes = pattern(20001);
        writer.begin(chip::SlotId::b);
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            ASSERT_TRUE(writer.write(ConstBytes(bytes).subspan(at, std::min(piece, bytes.size() - at))));
        }
        EXPECT_EQ(writer.received(), bytes.size());
        ASSERT_TRUE(writer.finish());
        EXPECT_EQ(writer.programmed(), bytes.size());
        EXPECT_TRUE(equal(ConstBytes(slots.other).first(bytes.size()), bytes)) << piece;
        EXPECT_EQ(slots.other[20001], 0xFF) << "padding";
        EXPECT_EQ(writer.programmed_hash(), crypto::sha256(bytes)) << "the hash is without the padding";
        EXPECT_EQ(slots.erases, 2U) << "two blocks of 16 KiB";
        ASSERT_TRUE(writer.finish()) << "nothing is left to do";
    }
}

TEST(SlotWriter, erases_ahead_of_the_write_only) {
    MemorySlots slots;
    SlotWriter writer(slots);
    writer.begin(chip::SlotId::b);
    ASSERT_TRUE(writer.write(pattern(4095)));
    EXPECT_EQ(slots.erases, 0U) << "nothing is erased before a chunk is full";
    ASSERT_TRUE(writer.write(pattern(1)));
    EXPECT_EQ(slots.erases, 1U);
    EXPECT_EQ(slots.other[4 * 4096], 0) << "the next block is untouched";
}

TEST(SlotWriter, resumes_behind_a_prefix) {
    MemorySlots slots;
    const auto bytes = pattern(40000);
    SlotWriter first(slots);
    first.begin(chip::SlotId::b);
    ASSERT_TRUE(first.write(ConstBytes(bytes).first(30000)));
    SlotHasher hasher(slots);
    hasher.start(chip::SlotId::b, 16384);
    ASSERT_TRUE(hasher.advance(100000).value());
    SlotWriter second(slots);
    second.resume(chip::SlotId::b, 16384, hasher.state());
    ASSERT_TRUE(second.write(ConstBytes(bytes).subspan(16384)));
    ASSERT_TRUE(second.finish());
    EXPECT_EQ(second.programmed_hash(), crypto::sha256(bytes));
    EXPECT_TRUE(equal(ConstBytes(slots.other).first(bytes.size()), bytes));
}

// Else each block behind it would be erased in units, which takes five times as long.
TEST(SlotWriter, erases_whole_blocks_again_behind_a_mark_within_one) {
    MemorySlots slots;
    const auto bytes = pattern(40000);
    SlotWriter first(slots);
    first.begin(chip::SlotId::b);
    ASSERT_TRUE(first.write(ConstBytes(bytes).first(8192 + 4096)));
    slots.other[8192] = 0;  // half written when the power went
    SlotHasher hasher(slots);
    hasher.start(chip::SlotId::b, 8192);
    ASSERT_TRUE(hasher.advance(100000).value());
    slots.erased.clear();
    SlotWriter second(slots);
    second.resume(chip::SlotId::b, 8192, hasher.state());
    ASSERT_TRUE(second.write(ConstBytes(bytes).subspan(8192)));
    ASSERT_TRUE(second.finish());
    EXPECT_TRUE(equal(ConstBytes(slots.other).first(bytes.size()), bytes));
    using Erase = std::pair<std::size_t, std::size_t>;
    const std::vector<Erase> wanted{{8192, 8192}, {16384, 16384}, {32768, 16384}};
    EXPECT_EQ(slots.erased, wanted);
}

TEST(SlotWriter, stops_at_the_slots_end) {
    MemorySlots slots;
    SlotWriter writer(slots);
    writer.begin(chip::SlotId::b);
    const auto bytes = pattern(MemorySlots::size);
    ASSERT_TRUE(writer.write(bytes));
    EXPECT_EQ(writer.write(pattern(1)).error(), errors::slot_bounds);
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(writer.programmed_hash(), crypto::sha256(bytes));
}

TEST(SlotWriter, notices_flash_that_reads_otherwise) {
    MemorySlots slots;
    slots.on_read = [](std::size_t offset, MutBytes out) {
        if (offset == 512) out[3] ^= 0x10;
    };
    SlotWriter writer(slots);
    writer.begin(chip::SlotId::b);
    EXPECT_EQ(writer.write(pattern(4096)).error(), errors::flash_failed);
    slots.on_read = {};
    slots.programs_fail = true;
    writer.begin(chip::SlotId::b);
    EXPECT_EQ(writer.write(pattern(4096)).error(), errors::flash_failed);
}

TEST(SlotHasher, hashes_in_portions) {
    MemorySlots slots;
    const auto bytes = pattern(5000);
    copy(bytes, slots.other);
    SlotHasher hasher(slots);
    hasher.start(chip::SlotId::b, bytes.size(), true);
    int portions = 1;
    while (!hasher.advance(700).value()) ++portions;
    EXPECT_EQ(portions, 8);
    EXPECT_EQ(hasher.sha256(), crypto::sha256(bytes));
    crypto::Md5 md5;
    md5.update(bytes);
    EXPECT_EQ(hasher.md5(), md5.finish());
    hasher.start(chip::SlotId::b, 0);
    EXPECT_TRUE(hasher.advance(1).value());
    hasher.start(chip::SlotId::b, MemorySlots::size + 1);
    EXPECT_EQ(hasher.advance(2 * MemorySlots::size).error(), errors::slot_bounds);
}

}  // namespace
}  // namespace esb::ota
