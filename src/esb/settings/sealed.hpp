// A value in flash that checks itself: u8 version | content | CRC-32 of key, version and content (little endian). The key
// takes part, so that what one key holds never counts under another.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::settings {

inline constexpr std::size_t seal_overhead = 5;

// The content stands in its place already: `record` has one byte before it and four behind.
void seal(std::string_view key, std::uint8_t version, MutBytes record);
// The content; empty when it is damaged, or of another version or key.
std::optional<ConstBytes> unseal(std::string_view key, std::uint8_t version, ConstBytes stored);

}  // namespace esb::settings
