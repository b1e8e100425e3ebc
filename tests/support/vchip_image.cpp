#include "tests/support/vchip_image.hpp"

namespace esb::test {

std::vector<std::uint8_t> make_program(const ImageSpec& spec) {
    const auto put = [](std::uint8_t* at, std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
    };
    const std::size_t sections_at = vchip::image_descriptor_at + sizeof(ota::ImageDescriptor) + spec.body;
    std::vector<std::uint8_t> file(sections_at + 64);
    constexpr std::uint8_t identification[] = {0x7F, 'E', 'L', 'F', 2, 1, 1};
    std::memcpy(file.data(), identification, sizeof(identification));
    put(file.data() + 16, 3, 2);            // e_type: position independent
    put(file.data() + 18, 62, 2);           // e_machine: x86-64
    put(file.data() + 40, sections_at, 8);  // e_shoff
    put(file.data() + 58, 64, 2);           // e_shentsize
    put(file.data() + 60, 1, 2);            // e_shnum
    ota::ImageDescriptor descriptor{};
    descriptor.magic = ota::descriptor_magic;
    descriptor.seq = spec.seq;
    spec.app.copy(descriptor.app, sizeof(descriptor.app) - 1);
    spec.hw.copy(descriptor.hw, sizeof(descriptor.hw) - 1);
    spec.ver.copy(descriptor.ver, sizeof(descriptor.ver) - 1);
    std::memcpy(file.data() + vchip::image_descriptor_at, &descriptor, sizeof(descriptor));
    for (std::size_t i = 0; i < spec.body; ++i) {
        file[sections_at - spec.body + i] = static_cast<std::uint8_t>(i * 7 + spec.seq);
    }
    return file;
}

std::vector<std::uint8_t> make_image(const ImageSpec& spec) {
    return vchip::seal_image(make_program(spec)).value();
}

}  // namespace esb::test
