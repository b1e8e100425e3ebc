// How the sockets of a virtual chip wait for descriptors, where that is not poll(2) of their own.
#pragma once

#include "esb/base/time.hpp"

#include <span>

#include <poll.h>

namespace esb::vchip {

// Many chips on one thread: nobody may sleep on behalf of one. A wait then looks once and returns, and whoever owns the
// poller gives the chip its next turn.
class Poller {
public:
    virtual ~Poller() = default;
    // Fills `revents` of those that are ready by now; negative descriptors are passed over. `longest`: how long nothing else
    // has to be looked at.
    virtual void look(std::span<pollfd> descriptors, Duration longest) = 0;
    // The descriptor is about to be closed.
    virtual void forget(int fd) = 0;
    // The chip is to have a turn. Any thread.
    virtual void wake() = 0;
};

}  // namespace esb::vchip
