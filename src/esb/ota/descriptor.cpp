#include "esb/ota/descriptor.hpp"

#include "esb/ota/errors.hpp"

#include <algorithm>
#include <span>

namespace esb::ota {
namespace {

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }
bool is_printable(char c) { return c > 0x20 && c < 0x7F; }

// The text of a NUL-padded field: not empty, terminated, and nothing but NULs after its end.
Result<std::string_view> field(std::span<const char> bytes, bool (*allowed)(char)) {
    const auto end = std::find(bytes.begin(), bytes.end(), '\0');
    const bool padded = end != bytes.end() && std::all_of(end, bytes.end(), [](char c) { return c == '\0'; });
    if (!padded || end == bytes.begin() || !std::all_of(bytes.begin(), end, allowed)) {
        return fail(errors::ota_no_descriptor);
    }
    return std::string_view(bytes.data(), static_cast<std::size_t>(end - bytes.begin()));
}

}  // namespace

Result<ImageIdentity> parse_descriptor(const ImageDescriptor& descriptor) {
    if (descriptor.magic != descriptor_magic || descriptor.seq == 0) return fail(errors::ota_no_descriptor);
    const auto app = field(descriptor.app, is_name_character);
    if (!app) return fail(app.error());
    const auto hw = field(descriptor.hw, is_name_character);
    if (!hw) return fail(hw.error());
    const auto ver = field(descriptor.ver, is_printable);
    if (!ver) return fail(ver.error());
    return ImageIdentity{*app, *hw, *ver, descriptor.seq};
}

}  // namespace esb::ota
