// Whether a name in a certificate is the host's (RFC 9525 §6.3). Knows no library.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/chip/network.hpp"

#include <string_view>

namespace esb::net {

// A dNSName, whatever case, with or without the host's last dot. A wildcard is the whole first label, stands for exactly
// one, and two more follow it.
bool is_name_of(std::string_view presented, std::string_view host);
// An iPAddress, four bytes. Names never stand for addresses, nor addresses for names.
bool is_address_of(ConstBytes presented, const chip::IpAddress& host);

}  // namespace esb::net
