#include "esb/chip/esp32/retained_ram.hpp"

#include "esb/base/features.hpp"

#include <esp_attr.h>

namespace esb::chip::esp32 {
namespace {

// Of the 8 KiB that the smallest chips have; what is left there is heap.
constexpr std::size_t area_size = 1024 + (with_deep_sleep ? 96 : 0) + (with_certificates ? 2048 : 0);

alignas(4) RTC_NOINIT_ATTR std::uint8_t area[area_size];

}  // namespace

MutBytes RetainedRam::bytes() { return area; }

}  // namespace esb::chip::esp32
