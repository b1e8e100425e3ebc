// A Device on a simulated chip: boots, types at its serial port, turns it in virtual time.
#pragma once

#include "esb/base/identity.hpp"
#include "esb/console/output.hpp"
#include "esb/device/firmware.hpp"
#include "esb/device/policy.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/store.hpp"
#include "host/vchip/sim_chip.hpp"

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace esb::test {

AppDesc test_app(std::string_view version = "1.0.0", std::uint32_t seq = 1);

// One boot's worth of firmware on a flash that outlives it.
class DeviceRig {
public:
    explicit DeviceRig(vchip::Flash& flash, const vchip::SimChipOptions& options = {})
        : network(world), chip(network, flash, options) {}

    // Starts the firmware and turns it for `time`, then gives back what it printed. `act` runs right after the start.
    std::string boot(Duration time, const std::function<void(Device&, vchip::SimChip&)>& act = {});
    // Boots, types lines and gives back what was printed after the start.
    std::string type(std::string_view lines, Duration time = Duration(100));

    vchip::SimWorld world;
    vchip::SimNetwork network;
    vchip::SimChip chip;
    Firmware* firmware = nullptr;  // while boot() runs
    vchip::SimEnd end = vchip::SimEnd::returned;
};

// The rest of the line that begins with `prefix`; empty when there is none.
std::string line_after(const std::string& text, std::string_view prefix);

}  // namespace esb::test
