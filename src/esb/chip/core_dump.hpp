// What the last crash left in flash: an ELF core of ESP-IDF on a chip, a list of addresses on the virtual one.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace esb::chip {

class CoreDump {  // what the last crash left
public:
    virtual ~CoreDump() = default;

    // Bytes of it; 0 when there is none.
    virtual std::size_t size() const = 0;
    // Where the processor was, for one line; empty when that is not known. Programs are below 4 GiB.
    virtual std::optional<std::uint32_t> place() const = 0;
    // Reads all of `out`. slot_bounds beyond its end, flash_failed.
    virtual Status read(std::size_t offset, MutBytes out) = 0;
    // There is none afterwards. flash_failed.
    virtual Status erase() = 0;
};

}  // namespace esb::chip
