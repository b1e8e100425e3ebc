// What firmware has to be so that many can take turns in one process.
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/chip.hpp"

#include <memory>

namespace esb::vchip {

class SwarmFirmware {
public:
    virtual ~SwarmFirmware() = default;
    // One turn; false when a restart is due.
    virtual bool turn() = 0;
    virtual bool online() const = 0;
};

// Started, with the author's part; null for firmware that cannot. `chip` outlives it. Every image has one
// (host/vchip/firmware).
std::unique_ptr<SwarmFirmware> make_swarm_firmware(chip::Chip& chip);

}  // namespace esb::vchip
