// The host kernel's random numbers as the chip's.
#pragma once

#include "esb/chip/entropy.hpp"

namespace esb::vchip {

// getrandom(2). Callable from any thread.
class HostEntropy final : public chip::Entropy {
public:
    Status fill(MutBytes out) override;
};

}  // namespace esb::vchip
