#include "host/cli/core_dump.hpp"

#include "esb/base/encoding.hpp"
#include "esb/device/crash_report.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb::cli {
namespace {

std::string piece_of(const std::string& whole, std::size_t at, std::size_t length) {
    const auto bytes = whole.substr(at, length);
    std::array<std::uint8_t, CrashReport::header_size> header{};
    ByteWriter(header).le32(static_cast<std::uint32_t>(at)).le32(static_cast<std::uint32_t>(whole.size())).le32(
        crc32(as_bytes(bytes)));
    return std::string(as_text(header)) + bytes;
}

std::string text_of(char first, std::size_t size) {
    std::string text(size, first);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + i % 23);
    return text;
}

TEST(CoreDumpPieces, are_put_together_also_when_some_come_twice_or_anew) {
    const auto whole = text_of('a', 2500);
    CoreDumpPieces pieces;
    EXPECT_TRUE(pieces.take(piece_of(whole, 0, 1024)));
    EXPECT_TRUE(pieces.take(piece_of(whole, 0, 1024)));
    EXPECT_EQ(pieces.next(), 1024U);
    EXPECT_TRUE(pieces.take(piece_of(whole, 1000, 1024)));
    EXPECT_FALSE(pieces.complete());
    EXPECT_TRUE(pieces.take(piece_of(whole, 2024, 476)));
    EXPECT_TRUE(pieces.complete());
    EXPECT_EQ(pieces.bytes(), whole);
}

TEST(CoreDumpPieces, a_gap_is_not_taken_for_the_next_piece) {
    const auto whole = text_of('a', 2500);
    CoreDumpPieces pieces;
    EXPECT_TRUE(pieces.take(piece_of(whole, 1024, 1024)));
    EXPECT_EQ(pieces.next(), 0U);
}

TEST(CoreDumpPieces, nothing_is_taken_of_what_is_damaged_or_of_another_dump) {
    const auto whole = text_of('a', 100);
    CoreDumpPieces pieces;
    const auto good = piece_of(whole, 0, 50);
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        CoreDumpPieces fresh;
        fresh.take(bad);
        EXPECT_TRUE(fresh.bytes().empty() || bit < 64) << bit;  // the first eight bytes say where it belongs
    }
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(pieces.take(good.substr(0, size))) << size;
    EXPECT_TRUE(pieces.take(good));
    EXPECT_FALSE(pieces.take(piece_of(text_of('a', 101), 50, 50)));
    EXPECT_EQ(pieces.next(), 50U);
}

constexpr std::string_view crash = "esb-crash 1\nbuild-id 00ff\nsignal 11\nframe 0x401000\nframe 0x402000\nend\n";

TEST(CrashText, has_signal_build_and_frames) {
    const auto read = parse_crash_text(crash);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->signal, 11U);
    EXPECT_EQ(read->build_id, "00ff");
    EXPECT_EQ(read->frames, (std::vector<std::uint64_t>{0x401000, 0x402000}));
}

TEST(CrashText, a_part_of_it_is_none) {
    for (std::size_t size = 0; size < crash.size(); ++size) EXPECT_FALSE(parse_crash_text(crash.substr(0, size))) << size;
    EXPECT_FALSE(parse_crash_text(std::string(crash) + "x"));
    for (const auto* wrong : {"esb-crash 2\nbuild-id 00\nsignal 1\nend\n", "esb-crash 1\nbuild-id XX\nsignal 1\nend\n",
                              "esb-crash 1\nbuild-id 00\nsignal -1\nend\n", "esb-crash 1\nbuild-id 00\nsignal 1\nframe 0x\nend\n",
                              "esb-crash 1\nsignal 1\nbuild-id 00\nend\n"}) {
        EXPECT_FALSE(parse_crash_text(wrong)) << wrong;
    }
}

// A 32-bit core with one note, behind the header that ESP-IDF writes.
std::string esp_core(std::string_view digits) {
    std::string note_content("\x01\0\0\0", 4);
    note_content += digits;
    note_content.resize((note_content.size() + 4) / 4 * 4, '\0');
    const std::string name("ESP_CORE_DUMP_INFO\0\0", 20);
    std::vector<std::uint8_t> bytes(24 + 52 + 32 + 12 + name.size() + note_content.size());
    ByteWriter out(bytes);
    for (int i = 0; i < 6; ++i) out.le32(0);
    out.text("\x7F" "ELF").u8(1).u8(1).u8(1);
    for (int i = 0; i < 9; ++i) out.u8(0);
    out.le16(4).le16(243).le32(1).le32(0).le32(52).le32(0).le32(0).le16(52).le16(32).le16(1).le16(0).le16(0).le16(0);
    out.le32(4).le32(52 + 32).le32(0).le32(0);
    out.le32(static_cast<std::uint32_t>(12 + name.size() + note_content.size())).le32(0).le32(0).le32(0);
    out.le32(19).le32(static_cast<std::uint32_t>(note_content.size())).le32(8266).text(name).text(note_content);
    return std::string(as_text(out.written()));
}

TEST(ElfCore, is_found_behind_the_header_and_names_its_program) {
    const auto dump = esp_core("0123456789abcdef");
    const auto core = find_elf_core(dump);
    ASSERT_TRUE(core);
    EXPECT_EQ(core->elf, std::string_view(dump).substr(24));
    EXPECT_EQ(core->program, "0123456789abcdef");
}

TEST(ElfCore, no_prefix_of_it_and_no_flipped_bit_does_harm) {
    const auto dump = esp_core("0123456789abcdef");
    for (std::size_t size = 0; size < dump.size(); ++size) find_elf_core(std::string_view(dump).substr(0, size));
    for (std::size_t bit = 0; bit < 8 * dump.size(); ++bit) {
        auto bad = dump;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        const auto core = find_elf_core(bad);
        EXPECT_TRUE(!core || core->program.size() <= dump.size()) << bit;
    }
}

}  // namespace
}  // namespace esb::cli
