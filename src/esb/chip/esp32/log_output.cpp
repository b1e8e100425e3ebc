#include "esb/chip/esp32/log_output.hpp"

#include <esp_log.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace esb::chip::esp32 {
namespace {

chip::Uart* target = nullptr;

int write_line(const char* format, va_list arguments) {
    std::array<char, 256> line;
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (length <= 0) return length;
    std::size_t size = static_cast<std::size_t>(length);
    if (size >= line.size()) {
        size = line.size() - 1;
        line[size - 1] = '\n';
    }
    target->write(as_bytes({line.data(), size}));
    return length;
}

}  // namespace

void send_log_to(chip::Uart& uart) {
    target = &uart;
    esp_log_set_vprintf(write_line);
}

}  // namespace esb::chip::esp32
