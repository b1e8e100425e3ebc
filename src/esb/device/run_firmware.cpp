// Apart from the class, so that programs without an author's firmware (tests) link.
#include "esb/base/features.hpp"
#include "esb/device/firmware.hpp"

namespace esb {

void run_firmware(chip::Chip& chip) { run_firmware(chip, {}); }

void run_firmware(chip::Chip& chip, const Limits& limits) {
    // On the heap: tasks' stacks on real chips are small.
    const auto firmware = std::make_unique<Firmware>(chip, esb_app_desc(), limits);
    firmware->start();
    if (!firmware->device().safe_mode()) esb_main(firmware->device());
    firmware->run();
    if constexpr (with_deep_sleep) {
        if (const auto time = firmware->sleeps()) return chip.system.deep_sleep(*time);
    }
    chip.system.restart();
}

}  // namespace esb
