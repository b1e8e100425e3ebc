// What somebody at the pins of a virtual chip says to it (pin_link.hpp): one line of text for each change.
//   pin 4 1        the level outside, of an input
//   adc 0 512      of 1024
//   i2c 0a2b       the answer to what the chip has said on the bus: acknowledged, with what it wanted to read
//   i2c -          nobody has acknowledged
//   ready          what is there at the start has been said
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind pin_line{"vchip.pin_line", "a line of the pins' socket cannot be read"};
}  // namespace esb::errors

namespace esb::vchip {

inline constexpr unsigned pins_max = 64;
inline constexpr unsigned adc_channels_max = 16;
inline constexpr std::uint16_t full_scale = 1024;                    // of "adc", and of the chip's "pwm"
inline constexpr std::size_t i2c_bytes_max = 256;                    // of one write or read
inline constexpr std::size_t pin_line_max = 16 + 2 * i2c_bytes_max;  // bytes

struct PinLine {
    enum class What : std::uint8_t { pin, adc, i2c, i2c_nobody, ready };
    What what;
    std::uint8_t number = 0;          // below pins_max, adc_channels_max
    std::uint16_t value = 0;          // 0 or 1; at most full_scale
    std::vector<std::uint8_t> bytes;  // at most i2c_bytes_max
};

// Without its end. pin_line.
Result<PinLine> parse_pin_line(std::string_view line);

}  // namespace esb::vchip
