// The way from a filled Chip to a running device. Ports call this, nothing else.
#pragma once

#include "esb/chip/chip.hpp"
#include "esb/device/app.hpp"
#include "esb/device/device.hpp"
#include "esb/link/limits.hpp"

#include <memory>
#include <optional>

namespace esb {

using Limits = link::Limits;  // sizes and times, decided at the start

// A port that takes them from its configuration asserts at build time that they are valid (chip/esp32/app_main.cpp):
// whoever makes them at run time asks Limits::is_valid() first. Other limits are the caller's mistake, and what happens
// then is not defined.

// Makes the Device of this image (esb_app_desc), starts it, runs the author's esb_main and then the reactor, until a
// restart or a deep sleep is due; then calls System::restart() or deep_sleep(). Returns only on a simulated chip.
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

    Device& device() { return device_; }  // what the author's code sees
    // Mounts storage, prints the banner, is born if need be, finds out whether this boot is a trial.
    void start();
    // Turns the reactor until a restart or a deep sleep is due.
    void run();
    // One turn, waiting at most `longest`; false when a restart or a deep sleep is due.
    bool turn(Duration longest);
    // That is a deep sleep of this length; empty: a restart.
    std::optional<Duration> sleeps() const;

private:
    std::unique_ptr<Core> core_;
    Device device_;
};

}  // namespace esb
