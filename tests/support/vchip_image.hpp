// Small firmware images for tests: real headers, descriptor and hash around bytes that no machine could run.
#pragma once

#include "esb/ota/descriptor.hpp"
#include "host/vchip/image.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace esb::test {

struct ImageSpec {
    std::uint32_t seq = 1;
    std::string_view app = "basic";
    std::string_view ver = "1.0.0";
    std::string_view hw = "vchip";
    std::size_t body = 1000;  // bytes between descriptor and section headers
};

// What a linker would have made.
std::vector<std::uint8_t> make_program(const ImageSpec& spec = {});

std::vector<std::uint8_t> make_image(const ImageSpec& spec = {});

}  // namespace esb::test
