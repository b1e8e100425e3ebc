#include "host/cli/image_file.hpp"

#include "esb/base/encoding.hpp"
#include "esb/ota/descriptor.hpp"
#include "host/cli/files.hpp"

#include <cstring>
#include <optional>

namespace esb::cli {
namespace {

constexpr std::size_t image_max = 64 * 1024 * 1024;  // bytes; the largest flash of an ESP32 is smaller
constexpr std::string_view elf_magic =
    "\x7F"
    "ELF";

std::optional<std::size_t> descriptor_place(std::string_view bytes) {
    if (bytes.starts_with('\xE9')) return 0x120;
    if (bytes.starts_with(elf_magic)) return 0x400;
    return std::nullopt;
}

}  // namespace

std::string hex_text(ConstBytes bytes) {
    std::string text(bytes.size() * 2, '\0');
    static_cast<void>(hex_encode(bytes, text));
    return text;
}

Outcome<ImageFile> inspect_image(std::string_view bytes) {
    const auto place = descriptor_place(bytes);
    if (!place) return failure("this is neither an ESP32 image nor one of the virtual chip");
    ota::ImageDescriptor descriptor{};
    if (bytes.size() < *place + sizeof descriptor) return failure("the image is cut short");
    std::memcpy(&descriptor, bytes.data() + *place, sizeof descriptor);
    const auto identity = ota::parse_descriptor(descriptor);
    if (!identity) return failure(std::string(identity.error().text()));
    ImageFile image;
    image.app = identity->app;
    image.hw = identity->hw;
    image.ver = identity->ver;
    image.seq = identity->seq;
    image.size = static_cast<std::uint32_t>(bytes.size());
    image.sha256 = crypto::sha256(as_bytes(bytes));
    return image;
}

Outcome<std::string> read_image_file(const std::filesystem::path& path) { return read_file(path, image_max); }

Outcome<ImageFile> inspect_image_file(const std::filesystem::path& path) {
    const auto bytes = read_image_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    auto image = inspect_image(*bytes);
    if (!image) return failure(path.string() + ": " + image.error().line);
    return image;
}

}  // namespace esb::cli
