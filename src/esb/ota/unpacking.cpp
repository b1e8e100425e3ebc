#include "esb/ota/unpacking.hpp"

#include <new>

namespace esb::ota {

Status Unpacking::open(std::uint32_t size, std::uint32_t old_size) {
    unpacker_.reset(new (std::nothrow) Unpacker(*this, size, old_size));
    return unpacker_ ? Status() : fail(errors::ota_heap);
}

}  // namespace esb::ota
