#include "esb/device/firmware.hpp"

#include "esb/device/device.hpp"

#include <memory>

namespace esb {

void run_firmware(chip::Chip& chip) { run_firmware(chip, {}); }

void run_firmware(chip::Chip& chip, const Limits& limits) {
    // On the heap: tasks' stacks on real chips are small.
    const auto device = std::make_unique<Device>(chip, esb_app_desc(), limits);
    device->start();
    if (!device->safe_mode()) esb_main(*device);
    device->run();
    chip.system.restart();
}

}  // namespace esb
