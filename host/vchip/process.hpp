// A virtual chip as a real process: power supply, boot loader and watchdog around the firmware's own process.
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/partition_table.hpp"
#include "host/vchip/sockets_posix.hpp"
#include "host/vchip/tracer.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace esb::vchip {

struct VchipOptions {
    std::string flash;                            // file; an erased one is made if missing; eFuses: efuse_file.hpp
    std::string partitions;                       // CSV file; empty: default_partitions()
    std::size_t flash_size = default_flash_size;  // bytes, of a new flash file
    std::string radio;                            // board file (board_file.hpp); empty: no networks
    bool wired = false;                           // a socket with a cable in it, whatever the board file says first
    chip::Mac mac{0x02, 0x45, 0x53, 0x42, 0x00, 0x01};
    std::vector<PortMapping> ports;  // of the access point
    std::string operations;          // file that counts flash operations over all power-ons; empty: none
    std::string pins;                // socket of who plays what is at the pins (pin_link.hpp); empty: nobody
    TraceTo trace;                   // where its events are told, also by the firmware's process
    FaultPlan faults;                // flash operations count from power-on, over all boots
    unsigned max_boots = 0;          // 0 = no limit
    Duration boot_watchdog{9'000};   // until the firmware starts its own watchdog
    unsigned restart_limit = 50;     // so many restarts within restart_window are a boot loop: an error
    Duration restart_window{10'000};
};

// Switches the chip on. Firmware is executed from the bytes of the slot that boot() chooses, as a child process that
// shares stdin and stdout (the serial port; the boot loader's own lines there begin with "vchip: "). It is started
// again after a planned restart (reset reason software), after the time of a deep sleep (deep_sleep; the board file's "ahead"
// can shorten it), a crash or an exit code that is not 0 (panic) and a watchdog
// that was not fed (task_watchdog). Killing the calling process is a loss of power: the child dies with it.
// Returns the exit code: 0 when the firmware ended by itself or max_boots was reached, 1 after an error.
// A power cut that the plan asks for kills the calling process (SIGKILL).
int run_vchip(const VchipOptions& options);

}  // namespace esb::vchip
