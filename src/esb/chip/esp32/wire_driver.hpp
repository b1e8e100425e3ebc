// The Ethernet driver that Kconfig names: the chip's own MAC with a PHY on the board, a W5500 on SPI, or the emulator's.
#pragma once

#include "esb/chip/errors.hpp"

#include <esp_eth_driver.h>

namespace esb::chip::esp32 {

// Installed, not started. wire_failed, no_memory.
Result<esp_eth_handle_t> install_wire_driver();

}  // namespace esb::chip::esp32
