// Who an image is: a struct at a fixed place of every image, so that a download can be judged by its first
// bytes. On the ESP32 it is ESP-IDF's custom descriptor (section .rodata_custom_desc, right after esp_app_desc_t);
// on the virtual chip it stands at file offset 0x400 of the ELF (section .esb_desc).
#pragma once

#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::ota {

inline constexpr std::uint32_t descriptor_magic = 0x31425345;  // "ESB1", little endian

// Fixed layout, little endian, texts NUL-padded and NUL-terminated. 128 bytes.
struct ImageDescriptor {
    std::uint32_t magic;     // descriptor_magic
    std::uint32_t seq;       // rises with every release
    char app[32];            // [a-z0-9_-]{1,31}
    char hw[16];             // "esp32", "esp32c3", "vchip"
    char ver[32];            // for people: "1.4.0"
    std::uint8_t spare[40];  // zero
};
static_assert(sizeof(ImageDescriptor) == 128);

// The same, checked and as views into the struct it came from.
struct ImageIdentity {
    std::string_view app;   // the product's name
    std::string_view hw;    // the chip, "esp32c3"
    std::string_view ver;   // for people
    std::uint32_t seq = 0;  // rises with every release
};

// ota_no_descriptor unless magic and texts are well-formed. The views point into `descriptor`.
Result<ImageIdentity> parse_descriptor(const ImageDescriptor& descriptor);

}  // namespace esb::ota
