// The chip's random number generator.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/errors.hpp"

#include <cstdint>

namespace esb::chip {

// Callable from any task.
class Entropy {
public:
    virtual ~Entropy() = default;

    // Fills `out` with bytes fit for keys. Ports turn on a physical noise source when the radio is off.
    // `no_entropy` leaves `out` unspecified; the caller must not use it.
    virtual Status fill(MutBytes out) = 0;
};

// A number that spreads retries over time and is no secret: the middle of the range when there is no entropy.
std::uint32_t spreading_number(Entropy& entropy);

}  // namespace esb::chip
