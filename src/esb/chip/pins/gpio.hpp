// Digital pins of the board, for authors: a lamp, a relay, a contact.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/pins/errors.hpp"

#include <cstdint>

namespace esb::chip {

enum class Pull : std::uint8_t { none, up, down };  // the pin's own resistor

// Pins have the numbers of the chip's data sheet. Made an output or an input before it is used; anew at any time. Each call is
// short. One task, as for the other pins: the driver's own functions serve the rest. A change of an input wakes nobody: read it in Device::every(), or use
// the driver's interrupt (examples/intr).
class Gpio {
public:
    virtual ~Gpio() = default;

    // Drives the pin, first to `level`. pin_invalid for a pin that is not there or can only be read.
    virtual Status output(int pin, bool level) = 0;
    // pin_invalid.
    virtual Status input(int pin, Pull pull = Pull::none) = 0;
    // The level of an output. pin_invalid when it is none.
    virtual Status set(int pin, bool level) = 0;
    // True: high. Of an output, what it drives. pin_invalid for a pin that was made neither.
    virtual Result<bool> read(int pin) = 0;
};

// The board's. Defined by the port (chip/esp32, the virtual chip): linked only where it is called.
Gpio& gpio();

}  // namespace esb::chip

namespace esb {
using chip::gpio;
}
