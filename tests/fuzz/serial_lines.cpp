// What comes from a board's serial port, or from the keys of whoever types there: lines are whole however the bytes are
// cut, birth lines have identities and keys, and nothing that is typed leaves a control character in a line.
#include "host/cli/birth_lines.hpp"
#include "host/cli/line_buffer.hpp"
#include "host/cli/screen.hpp"

#include "esb/base/identity.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace esb::cli;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t step) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) buffer.take(bytes.substr(0, step), take);
    buffer.flush(take);
    return lines;
}

void check_line(const std::string& line) {
    if (line.find('\n') != std::string::npos) std::abort();
    if (const auto key = parse_key_line(line)) {
        if (!esb::make_identity(key->identity) || key->psk.empty() || key->psk.size() > 64) std::abort();
    }
    if (const auto access_point = parse_birth_line(line)) {
        if (!esb::make_identity(access_point->ssid)) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto lines = lines_of(bytes, size + 1);
    if (size < 65536 && lines != lines_of(bytes, 3)) std::abort();
    for (const auto& line : lines) check_line(line);
    LineTyping typing;
    for (const auto& line : typing.take(bytes)) {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
        if (std::any_of(line.begin(), line.end(), is_control)) std::abort();
    }
    return 0;
}
