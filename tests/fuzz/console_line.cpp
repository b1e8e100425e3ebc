// The serial port's input. Nothing but text and CR LF comes out unless a terminal showed itself, a line has a bounded
// answer, no line starts two commands, --json is answered by one line of JSON, and after any line the console is as good
// as new.
#include "esb/base/encoding.hpp"
#include "esb/console/console.hpp"
#include "tests/support/memory_uart.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;
using namespace esb::console;

constexpr std::size_t answer_max = 2048;  // bytes

void require(bool condition) {
    if (!condition) std::abort();
}

struct Rig {
    Rig() {
        const auto show = [this](Arguments arguments, Report& report) {
            ++runs;
            for (const auto argument : arguments) report.octets("argument", as_bytes(argument)).say(" ");
            return arguments.size() == 2 ? Status(fail(errors::busy)) : Status();
        };
        require(console.add({"show", "[<what>...]", "repeats its arguments", show}).has_value());
        require(console.add({"wifi connect", "<ssid> [<pass>]", "two words", show}).has_value());
        require(console.add({"wifi", "", "one word", show}).has_value());
    }
    std::string type(std::string_view text) {
        uart.type(text);
        console.poll(Instant{});
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

// Members may repeat here (one key for all arguments), so only the form of the line is looked at.
void check_json(std::string_view line, std::string_view sent) {
    const bool ended = line.ends_with('\n') || line.ends_with('\r');
    if (!ended || !line.substr(0, line.size() - 1).ends_with(" --json") || line.size() > line_max) return;
    if (line.find_first_of("\b\x7F\"") != std::string_view::npos) return;  // may have taken the word apart
    require(sent.starts_with('{') && sent.ends_with("}\r\n") && sent.find('\n') == sent.size() - 1);
    require(sent.find("\"ok\":") != std::string_view::npos && is_utf8(sent));
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
        const auto line = input.substr(begin, end + 1 - begin);
        const auto sent = rig.type(line);
        require(rig.runs <= runs + 1);
        if (!rig.console.terminal()) {
            check_text(sent);
            require(sent.size() <= answer_max);
            check_json(line, sent);
        }
        begin = end + 1;
    }
    rig.type("\x03\n\nterminal off\n");
    require(!rig.console.terminal());
    Rig fresh;
    for (const std::string_view probe :
         {"show a \"b c\"\n", "help\r\n", "help --json\n", "x\n", "wifi connect\n", "show\b\b\b\bwifi\r"}) {
        require(rig.type(probe) == fresh.type(probe));
    }
    return 0;
}
