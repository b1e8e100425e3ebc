// Ethernet: a socket for a cable.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/errors.hpp"
#include "esb/chip/network.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::chip {

struct WireEvent {                    // what has happened
    enum class Kind : std::uint8_t {  // what it was
        cable_in,                     // the other end answers: there is a carrier
        cable_out,                    // there is none any more, and with it no address
        address,                      // by DHCP; also another one than before
        address_lost,                 // the lease is over, and the cable still in
    };
    Kind kind;           // what it was
    AddressConfig ip{};  // address
};

// A new event wakes the reactor. Addresses come by DHCP, which is asked as long as there is a carrier. While it has an address
// the wire is preferred to the radio, whichever of them has others of the same net.
class Wire {
public:
    virtual ~Wire() = default;

    // Brings the driver up; cable_in follows when there is a carrier. wire_failed, no_memory; may be called again then.
    virtual Status start(std::string_view host_name) = 0;
    virtual std::optional<WireEvent> next_event() = 0;  // the oldest not yet taken
};

}  // namespace esb::chip
