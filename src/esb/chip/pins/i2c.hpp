// One I2C bus of the board, as its controller, for authors: sensors and displays.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/pins/errors.hpp"

#include <cstdint>

namespace esb::chip {

// Each call returns when the bus has done it, at the latest after 100 ms. One task. The driver takes heap in open() and with the
// first call to each address, of which it knows eight (ESP-IDF 5.2 and later; the next one is `full`). Nothing to write or to
// read is invalid_argument.
class I2c {
public:
    virtual ~I2c() = default;

    // Before the others, once: from 1'000 to 1'000'000 Hz. The pins' weak pull-ups are on; long wires need real ones.
    // pin_invalid, invalid_argument (Hz), pin_failed.
    virtual Status open(int sda, int scl, std::uint32_t hertz) = 0;
    // To the device with this 7-bit address, start to stop. i2c_no_answer, pin_failed (also when not open).
    virtual Status write(std::uint8_t address, ConstBytes bytes) = 0;
    // Fills `out`, start to stop; on an error its bytes mean nothing. i2c_no_answer, pin_failed.
    virtual Status read(std::uint8_t address, MutBytes out) = 0;
    // A write, and a read behind a repeated start: how most devices give out a register. i2c_no_answer, pin_failed.
    virtual Status write_read(std::uint8_t address, ConstBytes bytes, MutBytes out) = 0;
};

// The board's. Defined by the port: linked only where it is called.
I2c& i2c();

}  // namespace esb::chip

namespace esb {
using chip::i2c;
}
