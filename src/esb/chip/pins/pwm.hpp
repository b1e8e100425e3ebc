// Pulse-width outputs of the board, for authors: a fan, a dimmer, a servo.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/pins/errors.hpp"

#include <cstdint>

namespace esb::chip {

inline constexpr int pwm_pins_max = 6;  // at once: what the smallest chip has

// One task.
class Pwm {
public:
    virtual ~Pwm() = default;

    // Makes the pin a pulse output, at first low all the time. All of them have one frequency, that of the first call, from
    // 50 to 40'000 Hz. pin_invalid, out_of_range (another frequency, too low, too high), full, pin_failed.
    virtual Status open(int pin, std::uint32_t hertz) = 0;
    // The share of the time that it is high, 0 to 1; the steps are 1/1024. out_of_range, pin_invalid (not opened), pin_failed.
    virtual Status set(int pin, float share) = 0;
};

// The board's. Defined by the port: linked only where it is called.
Pwm& pwm();

}  // namespace esb::chip

namespace esb {
using chip::pwm;
}
