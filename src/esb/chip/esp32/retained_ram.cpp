#include "esb/chip/esp32/retained_ram.hpp"

#include <esp_attr.h>

namespace esb::chip::esp32 {
namespace {

constexpr std::size_t area_size = 2048;  // of the 8 KiB that the smallest chips have

alignas(4) RTC_NOINIT_ATTR std::uint8_t area[area_size];

}  // namespace

MutBytes RetainedRam::bytes() { return area; }

}  // namespace esb::chip::esp32
