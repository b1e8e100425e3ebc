// The checks that rows of the base's table ask for (Setting::check), and what they share with together.cpp.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/network.hpp"

#include <cstdint>

namespace esb::settings::checks {

Status host(ConstBytes value);
Status host_list(ConstBytes value);
Status station_pass(ConstBytes value);
Status access_point_pass(ConstBytes value);
Status unicast(ConstBytes value);
Status page_address(ConstBytes value);
Status identity(ConstBytes value);
Status psk(ConstBytes value);
Status country(ConstBytes value);
Status own_name(ConstBytes value);
Status mask(ConstBytes value);
Status base_topic(ConstBytes value);
Status update_key(ConstBytes value);
Status hash(ConstBytes value);
Status https_server(ConstBytes value);
Status window(ConstBytes value);
Status time_zone(ConstBytes value);

// An IPv4 address as a number: its first byte is the highest.
constexpr std::uint32_t ipv4_number(const chip::IpAddress& address) {
    const auto& b = address.bytes;
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

}  // namespace esb::settings::checks
