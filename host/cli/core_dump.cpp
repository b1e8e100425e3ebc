#include "host/cli/core_dump.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/device/crash_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <elf.h>

namespace esb::cli {
namespace {

// ---- the virtual chip's text

std::optional<std::string_view> take_line(std::string_view& text, std::string_view prefix) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(prefix)) return std::nullopt;
    const auto rest = text.substr(prefix.size(), end - prefix.size());
    text.remove_prefix(end + 1);
    return rest;
}

template <typename Number>
std::optional<Number> number_of(std::string_view digits, int base) {
    Number number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_hex_digit);
}

// ---- ELF, little endian, of 32 or 64 bits

// One field at a time, so that nothing depends on how the bytes lie.
class Elf {
public:
    explicit Elf(std::string_view bytes) : bytes_(bytes) {
        wide_ = bytes.size() > EI_CLASS && bytes[EI_CLASS] == ELFCLASS64;
        good_ = bytes.starts_with(ELFMAG) && bytes.size() > EI_DATA && bytes[EI_DATA] == ELFDATA2LSB;
    }
    bool good() const { return good_; }

    struct Note {
        std::string_view name, content;
        std::uint32_t type;
    };
    std::uint64_t machine() const { return field(18, 2).value_or(EM_NONE); }
    // What a file of 32 bits has at an address, to the end of its segment; empty: nothing, or not with these flags (PF_X ...).
    std::string_view at_address(std::uint32_t address, std::uint32_t flags = 0) const {
        const auto table = field(28, 4);
        const auto entry = field(42, 2);
        const auto count = field(44, 2);
        if (!good_ || wide_ || !table || !entry || !count) return {};
        for (std::uint64_t i = 0; i < *count; ++i) {
            const auto at = *table + i * *entry;
            const auto offset = field(at + 4, 4);
            const auto begin = field(at + 8, 4);
            const auto size = field(at + 16, 4);
            if (field(at, 4) != PT_LOAD || !offset || !begin || !size) continue;
            if ((field(at + 24, 4).value_or(0) & flags) != flags) continue;
            if (address < *begin || address - *begin >= *size) continue;
            const auto skipped = address - *begin;
            return piece(*offset + skipped, *size - skipped).value_or(std::string_view());
        }
        return {};
    }
    std::vector<Note> notes() const {
        std::vector<Note> all;
        const auto table = field(wide_ ? 32 : 28, wide_ ? 8 : 4);
        const auto entry = field(wide_ ? 54 : 42, 2);
        const auto count = field(wide_ ? 56 : 44, 2);
        if (!good_ || !table || !entry || !count) return all;
        for (std::uint64_t i = 0; i < *count; ++i) {
            const auto at = *table + i * *entry;
            if (field(at, 4) != PT_NOTE) continue;
            const auto offset = field(at + (wide_ ? 8 : 4), wide_ ? 8 : 4);
            const auto size = field(at + (wide_ ? 32 : 16), wide_ ? 8 : 4);
            if (offset && size) add_notes(*offset, *size, all);
        }
        return all;
    }

private:
    std::optional<std::uint64_t> field(std::uint64_t at, std::size_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = size; i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes_[at + i - 1]);
        return value;
    }
    std::optional<std::string_view> piece(std::uint64_t at, std::uint64_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
        return bytes_.substr(at, size);
    }
    void add_notes(std::uint64_t at, std::uint64_t size, std::vector<Note>& all) const {
        if (!piece(at, size)) return;
        const auto padded = [](std::uint64_t length) { return (length + 3) & ~std::uint64_t{3}; };
        for (const auto end = at + size; at + 12 <= end;) {
            const auto name_size = *field(at, 4);
            const auto content_size = *field(at + 4, 4);
            const auto name = piece(at + 12, name_size);
            const auto content = piece(at + 12 + padded(name_size), content_size);
            if (!name || !content) return;
            all.push_back({*name, *content, static_cast<std::uint32_t>(*field(at + 8, 4))});
            at += 12 + padded(name_size) + padded(content_size);
        }
    }

    std::string_view bytes_;
    bool wide_ = false;
    bool good_ = false;
};

// RISC-V: whether a call ends here, that is jal or jalr that leave the way back in ra, or one of their short forms.
bool ends_a_call(const Elf& program, std::uint32_t address) {
    const auto four = program.at_address(address - 4, PF_X);
    if (address % 2 != 0 || four.size() < 4) return false;
    const auto word = *ByteReader(as_bytes(four)).le32();
    const auto half = word >> 16;
    constexpr std::uint32_t jal_ra = 0x0EF, jalr_ra = 0x0E7, c_jal = 0x2001, c_jalr = 0x9002;
    const bool is_c_jalr = (half & 0xF07F) == c_jalr && (half & 0x0F80) != 0;  // without a register it is a break point
    return (word & 0xFFF) == jal_ra || (word & 0x7FFF) == jalr_ra || (half & 0xE003) == c_jal || is_c_jalr;
}

bool is_named(const Elf::Note& note, std::string_view name) { return note.name.substr(0, note.name.find('\0')) == name; }

}  // namespace

bool CoreDumpPieces::take(std::string_view piece) {
    constexpr auto header_size = CrashReport::header_size;
    if (piece.size() <= header_size) return false;
    ByteReader header(as_bytes(piece));
    const std::size_t offset = *header.le32();
    const std::size_t size = *header.le32();
    const auto crc = *header.le32();
    const auto bytes = piece.substr(header_size);
    if (size > core_dump_max || offset > size || bytes.size() > size - offset || crc32(as_bytes(bytes)) != crc) return false;
    if (size_ && *size_ != size) return false;
    size_ = size;
    if (offset <= bytes_.size() && offset + bytes.size() > bytes_.size()) {
        bytes_.resize(offset);
        bytes_ += bytes;
    }
    return true;
}

std::optional<CrashText> parse_crash_text(std::string_view dump) {
    CrashText made;
    if (take_line(dump, "esb-crash 1") != "") return std::nullopt;
    const auto build_id = take_line(dump, "build-id ");
    const auto signal = take_line(dump, "signal ");
    if (!build_id || !signal || build_id->size() > 64 || !is_hex(*build_id)) return std::nullopt;
    const auto number = number_of<unsigned>(*signal, 10);
    if (!number) return std::nullopt;
    made.build_id = *build_id;
    made.signal = *number;
    while (const auto frame = take_line(dump, "frame 0x")) {
        const auto address = number_of<std::uint64_t>(*frame, 16);
        if (!address || made.frames.size() == 64) return std::nullopt;
        made.frames.push_back(*address);
    }
    if (dump != "end\n") return std::nullopt;
    return made;
}

std::string_view signal_name(unsigned signal) {
    switch (signal) {
        case 4:
            return "illegal instruction";
        case 5:
            return "trap";
        case 6:
            return "abort: an assertion, the heap's own checks, or the watchdog";
        case 7:
            return "bus error";
        case 8:
            return "arithmetic: a division by zero";
        case 11:
            return "segmentation fault: a wrong address, or the stack is used up";
        default:
            return "a signal";
    }
}

std::optional<ElfCore> find_elf_core(std::string_view dump) {
    constexpr std::size_t header_max = 64;  // ESP-IDF's own stands before it, of a size that depends on the version
    const auto at = dump.substr(0, header_max).find(ELFMAG);
    if (at == std::string_view::npos) return std::nullopt;
    const Elf elf(dump.substr(at));
    if (!elf.good()) return std::nullopt;
    ElfCore made{dump.substr(at), {}, 0, {}, {}};
    for (const auto& note : elf.notes()) {
        // Registers of a task, of the one that crashed first; its control block stands where other systems have a process id.
        constexpr std::size_t pid_at = 24, sp_at = 72 + 2 * 4;
        if (made.task == 0 && note.type == NT_PRSTATUS && is_named(note, "CORE") && note.content.size() >= sp_at + 4) {
            made.task = *ByteReader(as_bytes(note.content.substr(pid_at))).le32();
            const auto stack_pointer = *ByteReader(as_bytes(note.content.substr(sp_at))).le32();
            if (elf.machine() == EM_RISCV) made.stack = elf.at_address(stack_pointer);
        }
        if (is_named(note, "ESP_PANIC_DETAILS")) made.panic = note.content.substr(0, note.content.find('\0'));
        // le32 version, then digits of the program's SHA-256, as many as the build kept, and a zero.
        if (!is_named(note, "ESP_CORE_DUMP_INFO") || note.content.size() < 8) continue;
        const auto digits = note.content.substr(4, note.content.find('\0', 4) - 4);
        if (is_hex(digits)) made.program = digits;
    }
    return made;
}

std::vector<std::uint32_t> callers_on_stack(const ElfCore& core, std::string_view program, std::size_t most) {
    const Elf elf(program);
    std::vector<std::uint32_t> callers;
    for (ByteReader stack(as_bytes(core.stack)); callers.size() < most;) {
        const auto word = stack.le32();
        if (!word) break;
        if (ends_a_call(elf, *word)) callers.push_back(*word);
    }
    return callers;
}

std::string shorter_line(std::string_view line) {
    constexpr std::string_view begin = "Line ", of = " of \"", starts = "\" starts at address ", ends = " and ends at ";
    const auto file = line.find(of);
    const auto address = line.find(starts);
    const auto end = line.find(ends);
    const bool whole = file < address && address < end && end != std::string_view::npos;
    if (!line.starts_with(begin) || !whole) return std::string(line);
    auto function = line.substr(address + starts.size(), end - address - starts.size());  // 0x42055946 <give_up()+4>
    const auto open = function.find('<');
    const auto close = function.rfind('>');
    if (open == std::string_view::npos || close < open) return std::string(line);
    function = function.substr(open + 1, close - open - 1);
    const auto plus = function.rfind('+');
    const bool has_offset = plus != std::string_view::npos && number_of<std::uint32_t>(function.substr(plus + 1), 10);
    if (has_offset) function = function.substr(0, plus);
    const auto name = line.substr(file + of.size(), address - file - of.size());
    const auto number = line.substr(begin.size(), file - begin.size());
    return std::string(function) + " at " + std::string(name) + ":" + std::string(number);
}

std::string build_id_of(std::string_view elf) {
    for (const auto& note : Elf(elf).notes()) {
        if (note.type != NT_GNU_BUILD_ID || !is_named(note, "GNU") || note.content.size() > 32) continue;
        std::array<char, 64> digits{};
        return std::string(hex_encode(as_bytes(note.content), digits).value_or(""));
    }
    return {};
}

}  // namespace esb::cli
