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

inline AppDesc test_app(std::string_view version = "1.0.0", std::uint32_t seq = 1) {
    return {{"test", "vchip", version, seq}, {}};
}

// One boot's worth of firmware on a flash that outlives it.
class DeviceRig {
public:
    explicit DeviceRig(vchip::Flash& flash, const vchip::SimChipOptions& options = {})
        : network(world), chip(network, flash, options) {}

    // Starts the firmware and turns it for `time`, then gives back what it printed. `act` runs right after the start.
    std::string boot(Duration time, const std::function<void(Device&, vchip::SimChip&)>& act = {}) {
        if (!chip.boot_again()) return "no boot";
        end = chip.run([&](chip::Chip& ports) {
            Firmware made(ports, test_app());
            firmware = &made;
            auto& device = made.device();
            device.policy().wifi.portal_available = false;  // its lines would stand among the answers
            made.start();
            if (act) act(device, chip);
            const auto until = ports.clock.now() + time;
            while (ports.clock.now() < until && chip.alive() && made.turn(until - ports.clock.now())) {
            }
            static_cast<void>(made.turn(Duration(0)));
            firmware = nullptr;
        });
        return chip.uart.take_output();
    }
    // Boots, types lines and gives back what was printed after the start.
    std::string type(std::string_view lines, Duration time = Duration(100)) {
        return boot(time, [lines](Device&, vchip::SimChip& c) {
            c.uart.take_output();
            c.uart.type(lines);
        });
    }

    vchip::SimWorld world;
    vchip::SimNetwork network;
    vchip::SimChip chip;
    Firmware* firmware = nullptr;  // while boot() runs
    vchip::SimEnd end = vchip::SimEnd::returned;
};

// The rest of the line that begins with `prefix`; empty when there is none.
inline std::string line_after(const std::string& text, std::string_view prefix) {
    const auto at = text.find(prefix);
    if (at == std::string::npos) return {};
    const auto begin = at + prefix.size();
    return text.substr(begin, text.find("\r\n", begin) - begin);
}

}  // namespace esb::test
