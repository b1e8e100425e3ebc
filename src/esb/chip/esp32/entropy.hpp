// chip::Entropy on the hardware random number generator.
#pragma once

#include "esb/chip/entropy.hpp"
#include "esb/chip/esp32/mutex.hpp"
#include "esb/chip/esp32/radio.hpp"

namespace esb::chip::esp32 {

// The generator is truly random only while something noisy feeds it: the radio, or the ADC. Keys are made at first
// boot, before the radio is up, so fill() turns the ADC's noise on around each call as long as the radio is off.
// Starting the radio while another task is inside fill() is not allowed; both are the reactor task's.
class Entropy final : public chip::Entropy {
public:
    explicit Entropy(const Radio& radio) : radio_(radio) {}

    Status fill(MutBytes out) override;

private:
    const Radio& radio_;
    Mutex filling_;
};

}  // namespace esb::chip::esp32
