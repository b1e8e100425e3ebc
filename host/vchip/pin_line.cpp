#include "host/vchip/pin_line.hpp"

#include "esb/base/encoding.hpp"

#include <utility>

namespace esb::vchip {
namespace {

// Takes the first word and the blank behind it.
std::string_view take_word(std::string_view& rest) {
    const auto end = rest.find(' ');
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return word;
}

Result<PinLine> numbered(PinLine::What what, std::string_view rest, unsigned numbers, unsigned highest) {
    const auto number = parse_unsigned(take_word(rest), 0, numbers - 1);
    const auto value = parse_unsigned(rest, 0, highest);
    if (!number || !value) return fail(errors::pin_line);
    return PinLine{what, static_cast<std::uint8_t>(*number), static_cast<std::uint16_t>(*value), {}};
}

Result<PinLine> answer(std::string_view rest) {
    if (rest == "-") return PinLine{PinLine::What::i2c_nobody, 0, 0, {}};
    if (rest.size() > 2 * i2c_bytes_max || rest.size() % 2 != 0) return fail(errors::pin_line);
    PinLine line{PinLine::What::i2c, 0, 0, std::vector<std::uint8_t>(rest.size() / 2)};
    if (!hex_decode(rest, line.bytes)) return fail(errors::pin_line);
    return line;
}

}  // namespace

Result<PinLine> parse_pin_line(std::string_view line) {
    if (line == "ready") return PinLine{PinLine::What::ready, 0, 0, {}};
    const auto word = take_word(line);
    if (word == "pin") return numbered(PinLine::What::pin, line, pins_max, 1);
    if (word == "adc") return numbered(PinLine::What::adc, line, adc_channels_max, full_scale);
    if (word == "i2c") return answer(line);
    return fail(errors::pin_line);
}

}  // namespace esb::vchip
