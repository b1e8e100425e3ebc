#include "host/vchip/crash_dump.hpp"

#include "esb/base/encoding.hpp"
#include "host/vchip/flash_store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

extern "C" const char __executable_start;
extern "C" const char etext;

namespace esb::vchip {

namespace {

constexpr std::string_view heading = "esb-crash 1\n";
constexpr std::string_view ending = "end\n";
constexpr std::string_view frame_word = "frame 0x";
#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool has_sanitizer = false;
#endif
constexpr std::array crash_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
constexpr std::size_t stack_size = 64 * 1024;  // of the handler
constexpr std::size_t build_id_max = 32;

// Set once, read by the handler.
int flash_fd = -1;
off_t partition_at = 0;
std::array<char, 2 * build_id_max + 1> build_id{};
alignas(16) std::array<std::uint8_t, stack_size> handler_stack;

// Only what is safe in a signal handler.
class Text {
public:
    Text& add(std::string_view piece) {
        const auto length = std::min(piece.size(), bytes_.size() - size_);
        std::copy_n(piece.begin(), length, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += length;
        return *this;
    }
    Text& hex(std::uintptr_t value) {
        char digits[2 * sizeof value];
        std::size_t count = 0;
        do {
            digits[sizeof digits - ++count] = "0123456789abcdef"[value & 15];
            value >>= 4;
        } while (value != 0);
        return add({digits + sizeof digits - count, count});
    }
    Text& decimal(unsigned value) {
        char digits[10];
        std::size_t count = 0;
        do {
            digits[sizeof digits - ++count] = static_cast<char>('0' + value % 10);
            value /= 10;
        } while (value != 0);
        return add({digits + sizeof digits - count, count});
    }
    const std::array<char, crash_dump_max>& bytes() const { return bytes_; }
    void fill() { std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.end(), '\xFF'); }

private:
    std::array<char, crash_dump_max> bytes_;
    std::size_t size_ = 0;
};

bool is_ours(std::uintptr_t address) {
    return address >= reinterpret_cast<std::uintptr_t>(&__executable_start) &&
           address < reinterpret_cast<std::uintptr_t>(&etext);
}

std::uintptr_t interrupted_at(const void* context) {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return static_cast<std::uintptr_t>(machine.pc);
#else
    static_cast<void>(machine);
    return 0;
#endif
}

void add_frames(Text& text, std::uintptr_t place) {
    std::array<void*, crash_frames_max + 8> found{};  // the handler's own stand before them
    const int count = backtrace(found.data(), static_cast<int>(found.size()));
    void* const* const begin = found.data();
    void* const* const end = begin + std::max(count, 0);
    void* const* const at = std::find(begin, end, reinterpret_cast<void*>(place));
    if (is_ours(place)) text.add(frame_word).hex(place).add("\n");
    for (void* const* frame = at == end ? begin : at + 1; frame != end; ++frame) {
        const auto address = reinterpret_cast<std::uintptr_t>(*frame);
        // A return address belongs to the line behind the call.
        if (is_ours(address)) text.add(frame_word).hex(address - 1).add("\n");
    }
}

void on_crash(int signal, siginfo_t*, void* context) {
    Text text;
    text.add(heading).add("build-id ").add(build_id.data()).add("\nsignal ").decimal(static_cast<unsigned>(signal));
    text.add("\n");
    add_frames(text, interrupted_at(context));
    text.add(ending).fill();
    [[maybe_unused]] const auto written = pwrite(flash_fd, text.bytes().data(), text.bytes().size(), partition_at);
    raise(signal);  // SA_RESETHAND: now it ends the process
}

// The note NT_GNU_BUILD_ID among these.
void take_build_id(const std::uint8_t* notes, std::size_t size) {
    const auto padded = [](std::size_t length) { return (length + 3) & ~std::size_t{3}; };
    while (size >= sizeof(ElfW(Nhdr))) {
        const auto& note = *reinterpret_cast<const ElfW(Nhdr)*>(notes);
        const std::size_t whole = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
        if (whole > size) return;
        const auto* const name = reinterpret_cast<const char*>(notes + sizeof note);
        if (note.n_type == NT_GNU_BUILD_ID && std::string_view(name, note.n_namesz) == std::string_view("GNU", 4)) {
            const ConstBytes id(notes + sizeof note + padded(note.n_namesz), std::min<std::size_t>(note.n_descsz, build_id_max));
            static_cast<void>(hex_encode(id, std::span(build_id).first(2 * build_id_max)));
            return;
        }
        notes += whole;
        size -= whole;
    }
}

int look_at_program(dl_phdr_info* program, std::size_t, void*) {
    for (unsigned i = 0; i < program->dlpi_phnum; ++i) {
        const auto& header = program->dlpi_phdr[i];
        if (header.p_type != PT_NOTE) continue;
        take_build_id(reinterpret_cast<const std::uint8_t*>(program->dlpi_addr + header.p_vaddr), header.p_memsz);
    }
    return 1;  // the first one is the program itself
}

}  // namespace

Status catch_crashes(const std::string& flash_file, const Partition& partition) {
    if (has_sanitizer) return {};
    flash_fd = open(flash_file.c_str(), O_WRONLY | O_CLOEXEC);
    if (flash_fd < 0) return fail(errors::flash_file, errno);
    partition_at = static_cast<off_t>(partition.offset);
    dl_iterate_phdr(look_at_program, nullptr);
    std::array<void*, 1> first{};
    backtrace(first.data(), 1);  // loads what it needs, which a handler must not
    const stack_t stack{.ss_sp = handler_stack.data(), .ss_flags = 0, .ss_size = handler_stack.size()};
    sigaltstack(&stack, nullptr);
    struct sigaction action{};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    for (const int signal : crash_signals) sigaction(signal, &action, nullptr);
    return {};
}

std::string CrashDump::text() const {
    std::array<std::uint8_t, crash_dump_max> bytes{};
    if (!region_.read(0, bytes)) return {};
    const auto all = as_text(bytes);
    if (!all.starts_with(heading)) return {};
    const auto end = all.find(ending, heading.size());
    return end == std::string_view::npos ? std::string() : std::string(all.substr(0, end + ending.size()));
}

std::size_t CrashDump::size() const { return text().size(); }

std::optional<std::uint32_t> CrashDump::place() const {
    const auto all = text();
    const auto at = all.find(frame_word);
    if (at == std::string::npos) return std::nullopt;
    return static_cast<std::uint32_t>(std::strtoul(all.c_str() + at + frame_word.size(), nullptr, 16));
}

Status CrashDump::read(std::size_t offset, MutBytes out) {
    if (offset > size() || out.size() > size() - offset) return fail(errors::slot_bounds);
    return region_.read(offset, out);
}

}  // namespace esb::vchip
