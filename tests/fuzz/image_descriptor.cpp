// The descriptor at the fixed place of an image: accepted ones have well-formed texts inside the struct.
#include "esb/ota/descriptor.hpp"

#include <cstdlib>
#include <cstring>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_text(std::string_view text, const char* field, std::size_t size) {
    require(text.data() == field && !text.empty() && text.size() < size && field[text.size()] == '\0');
    for (const char c : text) require(c > 0x20 && c < 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    esb::ota::ImageDescriptor descriptor{};
    if (size < sizeof(descriptor)) return 0;
    std::memcpy(&descriptor, data, sizeof(descriptor));
    const auto image = esb::ota::parse_descriptor(descriptor);
    if (!image) return 0;
    require(descriptor.magic == esb::ota::descriptor_magic && image->seq > 0);
    check_text(image->app, descriptor.app, sizeof(descriptor.app));
    check_text(image->hw, descriptor.hw, sizeof(descriptor.hw));
    check_text(image->ver, descriptor.ver, sizeof(descriptor.ver));
    return 0;
}
