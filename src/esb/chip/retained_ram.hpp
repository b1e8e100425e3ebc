// Memory that survives restarts and crashes, but not the loss of power (ESP: RTC memory).
#pragma once

#include "esb/base/bytes.hpp"

namespace esb::chip {

class RetainedRam {  // bytes that survive a restart, but no loss of power
public:
    virtual ~RetainedRam() = default;

    // The whole area, 4-byte aligned, always the same place: at least 1024 bytes, 96 more for deep sleep, 2048 more where a TLS
    // session is to fit (base/features.hpp).
    // After power-on its contents are arbitrary: whoever uses it keeps a magic, a version and a CRC in it (record/retained.hpp does).
    virtual MutBytes bytes() = 0;
};

}  // namespace esb::chip
