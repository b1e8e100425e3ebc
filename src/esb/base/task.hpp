// Work that the reactor's task does a little of in each turn.
#pragma once

#include "esb/base/time.hpp"

#include <optional>

namespace esb {

// Something that has work by time or by events of the chip. There is one task of the operating system, the reactor's, that
// turns them all, and whatever the library declares is used from it alone, unless its comment says otherwise.
class Task {
public:
    virtual ~Task() = default;
    // Called once each turn; does what is due and returns. Must not block.
    virtual void step(Instant now) = 0;
    // When step() has something to do even if nothing else happens; empty: not by time.
    virtual std::optional<Instant> deadline() const = 0;
};

}  // namespace esb
