// MAC and PHY of each kind of Ethernet, behind one pair of functions: one file each, of which Kconfig chooses one.
#pragma once

#include "esb/chip/errors.hpp"

#include <esp_eth_driver.h>

namespace esb::chip::esp32 {

struct WireParts {  // null: there was no memory for it
    esp_eth_mac_t* mac = nullptr;
    esp_eth_phy_t* phy = nullptr;
};

Result<WireParts> make_wire_parts();

// The MAC address, where the driver does not take the chip's by itself.
esp_err_t give_address(esp_eth_handle_t handle);

}  // namespace esb::chip::esp32
