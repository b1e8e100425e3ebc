#include "esb/chip/esp32/log_output.hpp"

#include "esb/base/fixed.hpp"
#include "esb/base/foreign.hpp"

#include <esp_log.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace esb::chip::esp32 {
namespace {

chip::Uart* target = nullptr;

// Without its line feed and the driver's colours, which only stand at the ends.
std::string_view words_of(std::string_view line) {
    constexpr std::string_view color_end = "\x1B[0m";
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.ends_with(color_end)) line.remove_suffix(color_end.size());
    if (line.starts_with("\x1B[")) line.remove_prefix(std::min(line.find('m'), line.size() - 1) + 1);
    return line;
}

// The driver's lines quote network names and what servers say.
int write_line(const char* format, va_list arguments) {
    std::array<char, 256> raw;
    const int length = std::vsnprintf(raw.data(), raw.size(), format, arguments);
    if (length <= 0) return length;
    const std::string_view whole(raw.data(), std::min<std::size_t>(static_cast<std::size_t>(length), raw.size() - 1));
    FixedString<320> line;
    bool fits = true;
    for_terminal(words_of(whole), false, [&](std::string_view piece) {
        fits = fits && line.size() + piece.size() < line.capacity() && line.append(piece);
    });
    // Some parts of the driver print one line in several calls.
    if (whole.ends_with('\n') || !fits || whole.size() < static_cast<std::size_t>(length)) {
        static_cast<void>(line.append('\n'));
    }
    target->write(as_bytes(line.view()));
    return length;
}

}  // namespace

void send_log_to(chip::Uart& uart) {
    target = &uart;
    esp_log_set_vprintf(write_line);
}

}  // namespace esb::chip::esp32
