// Partitions of data that come in pairs, NAME_0 and NAME_1: the first belongs to slot a, the other to slot b.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace esb::chip {

// Geometry but for the size, errors and rules are Slots'. Reactor's task only.
class DataPartitions {
public:
    virtual ~DataPartitions() = default;

    // Bytes of each of the pair; empty: there is no such pair, or its sizes differ. Only partitions of type data count,
    // and none that the chip uses itself (settings, boot record, keys, core dump).
    virtual std::optional<std::size_t> size(std::string_view name) const = 0;
    // The others: slot_bounds when there is no such pair, too.
    virtual Status read(std::string_view name, SlotId slot, std::size_t offset, MutBytes out) = 0;
    // Never of the running slot.
    virtual Status erase(std::string_view name, SlotId slot, std::size_t offset, std::size_t length) = 0;
    virtual Status program(std::string_view name, SlotId slot, std::size_t offset, ConstBytes bytes) = 0;
};

}  // namespace esb::chip
