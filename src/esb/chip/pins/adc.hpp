// Analog inputs of the board, for authors: a soil probe, a battery.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/pins/errors.hpp"

namespace esb::chip {

// One task.
class Adc {
public:
    virtual ~Adc() = default;

    // One conversion of a channel of the chip's first converter (ESP32-C3: channels 0 to 4 are the pins 0 to 4): 0 is ground,
    // 1 the end of the range, about 2.5 V on the ESP32-C3 and 3.1 V on the ESP32 (attenuation 12 dB, not calibrated).
    // The driver takes heap with the first call. pin_invalid, pin_failed.
    virtual Result<float> read(int channel) = 0;
};

// The board's. Defined by the port: linked only where it is called.
Adc& adc();

}  // namespace esb::chip

namespace esb {
using chip::adc;
}
