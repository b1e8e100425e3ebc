// The serial port's input. Nothing but text and CR LF ever comes out, a line has a bounded answer, no line starts two
// commands, and after any line the console is as good as new.
#include "esb/console/console.hpp"
#include "tests/support/memory_uart.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;
using namespace esb::console;

constexpr std::size_t answer_max = 1024;  // bytes

void require(bool condition) {
    if (!condition) std::abort();
}

struct Rig {
    Rig() {
        const auto show = [this](Arguments arguments, Output& out) {
            ++runs;
            for (const auto argument : arguments) out.quoted(as_bytes(argument)).text(" ");
            return arguments.size() == 2 ? Status(fail(errors::busy)) : Status();
        };
        require(console.add({"show", "[<what>...]", "repeats its arguments", 0, 11, show}).has_value());
        require(console.add({"wifi connect", "<ssid> [<pass>]", "two words", 1, 2, show}).has_value());
        require(console.add({"wifi", "", "one word", 0, 0, show}).has_value());
    }
    std::string type(std::string_view text) {
        uart.type(text);
        console.poll();
        return uart.sent();
    }
    test::MemoryUart uart;
    Console console{uart};
    unsigned runs = 0;
};

void check_text(std::string_view sent) {
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto c = static_cast<unsigned char>(sent[i]);
        if (c == '\r') {
            require(i + 1 < sent.size() && sent[i + 1] == '\n');
            ++i;
            continue;
        }
        require(c >= 0x20 && c != 0x7F);
    }
    require(sent.empty() || sent.ends_with("\r\n"));
}

void check_split(std::string_view line) {
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    const auto count = split(line, storage, words);
    if (!count) return;
    std::size_t total = 0;
    for (std::size_t i = 0; i < *count; ++i) {
        require(words[i].data() >= storage.data() && words[i].data() + words[i].size() <= storage.data() + line.size());
        total += words[i].size();
    }
    require(total <= line.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = as_text({data, size});
    check_split(input);
    Rig rig;
    for (std::size_t begin = 0; begin < input.size();) {
        const auto end = std::min(input.find_first_of("\r\n", begin), input.size() - 1);
        const auto runs = rig.runs;
        const auto sent = rig.type(input.substr(begin, end + 1 - begin));
        check_text(sent);
        require(sent.size() <= answer_max && rig.runs <= runs + 1);
        begin = end + 1;
    }
    check_text(rig.type("\n"));
    Rig fresh;
    for (const std::string_view probe :
         {"show a \"b c\"\n", "help\r\n", "x\n", "wifi connect\n", "show\b\b\b\bwifi\r"}) {
        require(rig.type(probe) == fresh.type(probe));
    }
    return 0;
}
