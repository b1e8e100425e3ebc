// Where a broker is, and as whom the device goes there.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/net/tls_stream.hpp"

#include <cstdint>

namespace esb::link {

struct Account {
    FixedString<253> host;
    std::uint16_t port = 8883;
    Identity identity;
    net::Psk psk;
    Identity base;  // topic
    friend bool operator==(const Account&, const Account&) = default;
    bool complete() const { return !host.empty() && !identity.empty() && !psk.empty(); }
};

}  // namespace esb::link
