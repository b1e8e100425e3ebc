// What an interrupted flash operation leaves behind.
#pragma once

#include "esb/base/bytes.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/flash_store.hpp"

#include <cstdint>
#include <vector>

namespace esb::vchip {

struct TornBytes {
    std::vector<std::uint8_t> bytes;
    UnstableCells unstable;  // offsets relative to the operation's start
};

// `before` and `target` are the contents without and with the operation, of equal size; `erasing` tells which it is.
TornBytes tear(const PowerCut& cut, ConstBytes before, ConstBytes target, bool erasing);

}  // namespace esb::vchip
