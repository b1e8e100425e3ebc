// What a crash has left, as a device sends it (esb/device/crash_report.hpp), and what can be read from it without the
// program: text of the virtual chip, or the ELF core that ESP-IDF wrote. Bytes from outside; no I/O.
#pragma once

#include "esb/base/bytes.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

inline constexpr std::size_t core_dump_max = 4 << 20;  // bytes

// Puts the pieces together, which may come twice, or anew from an earlier place.
class CoreDumpPieces {
public:
    // False for what is no piece, or of another dump than the first one: nothing is taken of it.
    bool take(std::string_view piece);
    bool complete() const { return size_ && bytes_.size() == *size_; }
    // Where to go on.
    std::size_t next() const { return bytes_.size(); }
    std::size_t size() const { return size_.value_or(0); }
    const std::string& bytes() const { return bytes_; }

private:
    std::optional<std::size_t> size_;
    std::string bytes_;
};

// The virtual chip's.
struct CrashText {
    std::string build_id;  // hexadecimal digits
    unsigned signal = 0;
    std::vector<std::uint64_t> frames;  // innermost first
};
// Empty: it is none.
std::optional<CrashText> parse_crash_text(std::string_view dump);
std::string_view signal_name(unsigned signal);  // "segmentation fault"

// ESP-IDF's: the ELF core in it, and the first digits of the SHA-256 of the program it is of (empty when it does not say).
struct ElfCore {
    std::string_view elf;  // part of the dump
    std::string program;
    std::uint32_t task = 0;  // where the control block of the task lay that crashed; 0: it does not say
    std::string_view stack;  // of a RISC-V chip: that task's, from its stack pointer on
    std::string_view panic;  // what the panic handler said of an abort or a stack overflow
};
std::optional<ElfCore> find_elf_core(std::string_view dump);

// Addresses on that stack that stand behind a call in the program, at most `most`: who has called, also where a function that never
// returns has kept no way back. What has returned already may be among them.
std::vector<std::uint32_t> callers_on_stack(const ElfCore& core, std::string_view program, std::size_t most);

// What gdb says to `info line *ADDRESS`, in fewer words: "FUNCTION at FILE:LINE". Anything else stays as it is.
std::string shorter_line(std::string_view line);

// The build id of an ELF file as hexadecimal digits; empty without one.
std::string build_id_of(std::string_view elf);

}  // namespace esb::cli
