// Parts of a virtual chip that have events of their own, and how they end a Sockets::wait().
#pragma once

#include "esb/base/time.hpp"

#include <atomic>
#include <optional>

namespace esb::vchip {

// Something Sockets::wait() looks after besides sockets: a serial port, a radio, a resolver, a watchdog.
// poll() is called on the reactor's task when fd() is readable or due() has come; it wakes the reactor itself
// if anything happened that the firmware should see.
class WaitSource {
public:
    virtual ~WaitSource() = default;

    // A descriptor that becomes readable when something arrives; -1 = none (now).
    virtual int fd() const { return -1; }
    // When poll() must run at the latest; empty = no such time.
    virtual std::optional<Instant> due() const { return std::nullopt; }
    virtual void poll() = 0;
};

// Whether packets leave the chip: radio and wire write it, sockets and resolver obey. True without a radio.
struct StationLink {
    std::atomic<bool> up{true};     // by radio
    std::atomic<bool> wire{false};  // by cable
    bool carries() const { return up || wire; }
};

}  // namespace esb::vchip
