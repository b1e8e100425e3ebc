// What the radio sets up once, and how it gives addresses to its two interfaces.
#pragma once

#include "esb/chip/radio.hpp"

#include <esp_netif.h>

namespace esb::chip::esp32 {

struct Netifs {
    esp_netif_t* station = nullptr;
    esp_netif_t* access_point = nullptr;
};

// Interfaces of lwIP for both, with ESP-IDF's own handlers of the driver's events. ESP-IDF's convenience functions
// for this abort when memory is short; these report it.
Result<Netifs> make_netifs(std::string_view host_name);

// Takes the driver's memory. It is not on the air yet.
Status start_driver(std::string_view country);

// DHCP, or the given address.
Status set_station_address(esp_netif_t* netif, const AddressConfig& ip);

// The chip's own address, a /24 net around it, and a DHCP server that names the chip as gateway and name server.
Status set_access_point_address(esp_netif_t* netif, const IpAddress& address);

}  // namespace esb::chip::esp32
