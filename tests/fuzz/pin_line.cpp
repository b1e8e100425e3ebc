// What somebody at the pins says: whatever the bytes, numbers and sizes stay in their bounds.
#include "host/vchip/pin_line.hpp"

#include "esb/base/bytes.hpp"

#include <cstdlib>

using namespace esb;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto line = vchip::parse_pin_line(as_text({data, size}));
    if (!line) return 0;
    const auto check = [](bool holds) {
        if (!holds) std::abort();
    };
    using What = vchip::PinLine::What;
    check(line->bytes.size() <= vchip::i2c_bytes_max);
    check(line->what == What::i2c || line->bytes.empty());
    if (line->what == What::pin) check(line->number < vchip::pins_max && line->value <= 1);
    if (line->what == What::adc) check(line->number < vchip::adc_channels_max && line->value <= vchip::full_scale);
    return 0;
}
