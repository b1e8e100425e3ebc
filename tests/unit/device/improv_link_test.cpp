#include "esb/device/improv_link.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

TEST(ChipFamily, is_written_as_flashing_pages_compare_it) {
    EXPECT_EQ(chip_family("esp32"), "ESP32");
    EXPECT_EQ(chip_family("esp32c3"), "ESP32-C3");
    EXPECT_EQ(chip_family("esp32s2"), "ESP32-S2");
    EXPECT_EQ(chip_family("esp32c61"), "ESP32-C61");
    EXPECT_EQ(chip_family("vchip"), "vchip");
    EXPECT_EQ(chip_family(""), "");
    EXPECT_EQ(chip_family(std::string(40, 'x')), std::string(16, 'x'));
    EXPECT_EQ(chip_family("esp32" + std::string(40, 'x')), "ESP32-XXXXXXXX");
}

}  // namespace
}  // namespace esb
