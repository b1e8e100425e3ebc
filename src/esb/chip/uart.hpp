// The serial port a person or a flashing page talks to.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>

namespace esb::chip {

// One reader: the reactor's task. write() may be called from any task; pieces of one call are not interleaved
// with those of another. Arriving bytes wake the reactor (Sockets::wait returns).
class Uart {
public:
    virtual ~Uart() = default;

    // Takes up to out.size() received bytes; 0 when there are none. Never blocks.
    virtual std::size_t read(MutBytes out) = 0;
    // Queues bytes for sending, as many as fit; returns how many. Never blocks longer than it takes to copy,
    // except that a port may wait up to 50 ms for room so that logs stay whole.
    virtual std::size_t write(ConstBytes bytes) = 0;
    // True when all that was written has left the chip.
    virtual bool drained() const = 0;
    // False only where the port can tell that nobody reads (USB without a host). A secret printed while
    // this is false does not count as shown.
    virtual bool host_connected() const = 0;
};

}  // namespace esb::chip
