// The way from a filled Chip to a running device. Ports call this, nothing else.
#pragma once

#include "esb/chip/chip.hpp"
#include "esb/device/app.hpp"
#include "esb/device/device.hpp"
#include "esb/link/limits.hpp"

#include <memory>

namespace esb {

using Limits = link::Limits;

// A port that takes them from its configuration asserts at build time that they are valid (chip/esp32/app_main.cpp):
// whoever makes them at run time asks Limits::is_valid() first. Other limits are the caller's mistake, and what happens
// then is not defined.

// Makes the Device of this image (esb_app_desc), starts it, runs the author's esb_main and then the reactor, until a
// restart is due; then calls System::restart(). Returns only on a simulated chip.
void run_firmware(chip::Chip& chip);
// With other sizes than the usual.
void run_firmware(chip::Chip& chip, const Limits& limits);

// What run_firmware() is made of, for tests. One task.
class Firmware {
public:
    // The limits must be valid.
    Firmware(chip::Chip& chip, const AppDesc& app, const Limits& limits = {});
    ~Firmware();
    Firmware(const Firmware&) = delete;
    Firmware& operator=(const Firmware&) = delete;

    Device& device() { return device_; }
    // Mounts storage, prints the banner, is born if need be, finds out whether this boot is a trial.
    void start();
    // Turns the reactor until a restart is due.
    void run();
    // One turn, waiting at most `longest`; false when a restart is due.
    bool turn(Duration longest);

private:
    std::unique_ptr<Core> core_;
    Device device_;
};

}  // namespace esb
