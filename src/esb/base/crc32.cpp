#include "esb/base/crc32.hpp"

#include <array>

namespace esb {

std::uint32_t crc32(ConstBytes bytes, std::uint32_t seed) {
    // Half a byte at a time: 64 bytes of table for about four times the speed of single bits.
    static constexpr auto table = [] {
        std::array<std::uint32_t, 16> steps{};
        for (std::uint32_t i = 0; i < steps.size(); ++i) {
            std::uint32_t crc = i;
            for (int bit = 0; bit < 4; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
            steps[i] = crc;
        }
        return steps;
    }();
    std::uint32_t crc = ~seed;
    for (const auto byte : bytes) {
        crc ^= byte;
        crc = (crc >> 4) ^ table[crc & 0x0F];
        crc = (crc >> 4) ^ table[crc & 0x0F];
    }
    return ~crc;
}

}  // namespace esb
