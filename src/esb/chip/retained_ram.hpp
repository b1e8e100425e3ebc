// Memory that survives restarts and crashes, but not the loss of power (ESP: RTC memory).
#pragma once

#include "esb/base/bytes.hpp"

namespace esb::chip {

class RetainedRam {
public:
    virtual ~RetainedRam() = default;

    // The whole area, at least 1024 bytes, 4-byte aligned, always the same place. After power-on its contents
    // are arbitrary: whoever uses it keeps a magic, a version and a CRC in it (record/retained.hpp does).
    virtual MutBytes bytes() = 0;
};

}  // namespace esb::chip
