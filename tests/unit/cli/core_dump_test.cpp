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
std::string core_of_one_note(std::string name, std::uint32_t type, std::string content) {
    const auto name_size = static_cast<std::uint32_t>(name.size() + 1);
    const auto content_size = static_cast<std::uint32_t>(content.size());
    name.resize((name_size + 3) / 4 * 4, '\0');
    content.resize((content_size + 3) / 4 * 4, '\0');
    std::vector<std::uint8_t> bytes(24 + 52 + 32 + 12 + name.size() + content.size());
    ByteWriter out(bytes);
    for (int i = 0; i < 6; ++i) out.le32(0);
    out.text("\x7F" "ELF").u8(1).u8(1).u8(1);
    for (int i = 0; i < 9; ++i) out.u8(0);
    out.le16(4).le16(243).le32(1).le32(0).le32(52).le32(0).le32(0).le16(52).le16(32).le16(1).le16(0).le16(0).le16(0);
    out.le32(4).le32(52 + 32).le32(0).le32(0);
    out.le32(static_cast<std::uint32_t>(12 + name.size() + content.size())).le32(0).le32(0).le32(0);
    out.le32(name_size).le32(content_size).le32(type).text(name).text(content);
    return std::string(as_text(out.written()));
}

std::string esp_core(std::string_view digits) {
    std::string content("\x01\0\0\0", 4);
    content += digits;
    content += '\0';
    return core_of_one_note("ESP_CORE_DUMP_INFO", 8266, content);
}

TEST(ElfCore, is_found_behind_the_header_and_names_its_program) {
    const auto dump = esp_core("0123456789abcdef");
    const auto core = find_elf_core(dump);
    ASSERT_TRUE(core);
    EXPECT_EQ(core->elf, std::string_view(dump).substr(24));
    EXPECT_EQ(core->program, "0123456789abcdef");
}

TEST(ElfCore, says_what_the_panic_handler_said) {
    EXPECT_EQ(find_elf_core(core_of_one_note("ESP_PANIC_DETAILS", 679, std::string("overflow\0\0", 10)))->panic, "overflow");
}

TEST(ElfCore, names_the_task_whose_registers_come_first) {
    std::string registers(204, '\0');
    registers.replace(24, 4, "\x40\x30\xC8\x3F");
    EXPECT_EQ(find_elf_core(core_of_one_note("CORE", 1, registers))->task, 0x3FC83040U);
    EXPECT_EQ(find_elf_core(core_of_one_note("CORE", 1, registers.substr(0, 83)))->task, 0U);
    EXPECT_EQ(find_elf_core(esp_core("0123456789abcdef"))->task, 0U);
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

// A 32-bit file for RISC-V with one executable segment.
std::string program_at(std::uint32_t address, std::string_view code) {
    std::vector<std::uint8_t> bytes(52 + 32 + code.size());
    ByteWriter out(bytes);
    out.text("\x7F" "ELF").u8(1).u8(1).u8(1);
    for (int i = 0; i < 9; ++i) out.u8(0);
    out.le16(2).le16(243).le32(1).le32(0).le32(52).le32(0).le32(0).le16(52).le16(32).le16(1).le16(0).le16(0).le16(0);
    const auto size = static_cast<std::uint32_t>(code.size());
    out.le32(1).le32(52 + 32).le32(address).le32(address).le32(size).le32(size).le32(5).le32(4).text(code);
    return std::string(as_text(out.written()));
}

TEST(CallersOnStack, are_the_words_that_stand_behind_a_call) {
    // addi a0,a0,0 twice; jal ra; jalr ra,a5; c.nop, c.jalr a5; c.nop, c.jal; c.nop, c.ebreak
    const std::string_view code("\x13\x05\x05\0" "\x13\x05\x05\0" "\xEF\0\x80\0" "\xE7\x80\x07\0" "\x01\0\x82\x97"
                                "\x01\0\x01\x20" "\x01\0\x02\x90", 28);
    std::vector<std::uint8_t> stack(4 * 12);
    ByteWriter out(stack);
    for (std::uint32_t at = 0; at <= 28; at += 4) out.le32(0x42000000 + at);
    out.le32(0x42000000 + 9).le32(0x41FFFFFF).le32(0).le32(2);
    const ElfCore core{{}, {}, 0, as_text(stack), {}};
    const std::vector<std::uint32_t> all{0x4200000C, 0x42000010, 0x42000014, 0x42000018};
    EXPECT_EQ(callers_on_stack(core, program_at(0x42000000, code), 9), all);
    EXPECT_EQ(callers_on_stack(core, program_at(0x42000000, code), 1), std::vector<std::uint32_t>{0x4200000C});
    EXPECT_TRUE(callers_on_stack(core, "no program", 9).empty());
}

TEST(ShorterLine, has_function_file_and_line) {
    EXPECT_EQ(shorter_line("Line 28 of \"a/kinds.cpp\" starts at address 0x42055946 <give_up()> and ends at 0x4205594e <next>."),
              "give_up() at a/kinds.cpp:28");
    EXPECT_EQ(shorter_line("Line 35 of \"b.hpp\" starts at address 0x42024a14 <A<int>::run(int) const+88> and ends at 0x42024a1a <x>."),
              "A<int>::run(int) const at b.hpp:35");
    for (const auto other : {"", "Line ", "No line number information available for address 0x1 <f>",
                             "Line 1 of \"x\" starts at address 0x1 and ends at 0x2."}) {
        EXPECT_EQ(shorter_line(other), other);
    }
}

}  // namespace
}  // namespace esb::cli
