#include "tests/support/device_rig.hpp"

namespace esb::test {

AppDesc test_app(std::string_view version, std::uint32_t seq) {
    return {{"test", "vchip", version, seq}, {}};
}

std::string DeviceRig::boot(Duration time, const std::function<void(Device&, vchip::SimChip&)>& act) {
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

std::string DeviceRig::type(std::string_view lines, Duration time) {
    return boot(time, [lines](Device&, vchip::SimChip& c) {
        c.uart.take_output();
        c.uart.type(lines);
    });
}

std::string line_after(const std::string& text, std::string_view prefix) {
    const auto at = text.find(prefix);
    if (at == std::string::npos) return {};
    const auto begin = at + prefix.size();
    return text.substr(begin, text.find("\r\n", begin) - begin);
}

}  // namespace esb::test
