// What an interface of lwIP got from DHCP, in the words of chip/.
#pragma once

#include "esb/chip/network.hpp"

#include <esp_netif.h>

namespace esb::chip::esp32 {

// With the name server of the interface.
AddressConfig address_config(esp_netif_t* netif, const esp_netif_ip_info_t& got);

}  // namespace esb::chip::esp32
