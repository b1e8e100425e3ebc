#include "esb/device/firmware.hpp"

#include "esb/device/core.hpp"

namespace esb {

Firmware::Firmware(chip::Chip& chip, const AppDesc& app, const Limits& limits)
    : core_(std::make_unique<Core>(chip, app, limits)), device_(*core_) {}
Firmware::~Firmware() = default;

void Firmware::start() { core_->start(); }
bool Firmware::turn(Duration longest) { return core_->turn(longest); }
void Firmware::run() {
    while (core_->turn(core_->policy.watchdog / 4)) {
    }
}

std::optional<Duration> Firmware::sleeps() const {
#if ESB_DEEP_SLEEP
    return core_->sleep.begun();
#else
    return std::nullopt;
#endif
}

}  // namespace esb
