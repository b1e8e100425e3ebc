// The lines that a device prints at its birth, out of a serial log.
#pragma once

#include "host/cli/outcome.hpp"

#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

// The access point of a new device.
struct AccessPoint {
    std::string ssid;
    std::string password;
};

// Its account at a broker.
struct DeviceKey {
    std::string identity;
    std::string psk;  // in hex
};

// "MQTT ident=<identity> psk=<hex>", alone on a line; empty for any other line.
std::optional<DeviceKey> parse_key_line(std::string_view line);
// "AP ssid=<ssid> pass=<password>", alone on a line; empty for any other line.
std::optional<AccessPoint> parse_birth_line(std::string_view line);

// The last one in a log: a device that was reset was born anew. Empty `ssid`: whichever.
Outcome<AccessPoint> find_access_point(std::string_view log, std::string_view ssid);
// Reads lines until the first one is complete, so that a serial port can be piped in; gives up after 1 MiB.
Outcome<AccessPoint> wait_for_access_point(std::istream& in, std::string_view ssid);

// 8 to 63 printable ASCII characters, as WPA has them (IEEE 802.11 annex J.4.1).
Outcome<void> check_access_point_password(std::string_view password);

}  // namespace esb::cli
