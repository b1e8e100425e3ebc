// Numbers that spread retries.
#include "esb/chip/entropy.hpp"

#include <array>

namespace esb::chip {

std::uint32_t spreading_number(Entropy& entropy) {
    constexpr std::array<std::uint8_t, 4> middle{0x80};
    auto bytes = middle;
    if (!entropy.fill(bytes)) bytes = middle;
    return ByteReader(bytes).be32().value_or(0);
}

}  // namespace esb::chip
