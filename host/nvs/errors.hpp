// What can be wrong with an NVS image.
#pragma once

#include "esb/base/errors.hpp"

namespace esb::errors {
inline constexpr ErrorKind nvs_size{"nvs.size", "an NVS partition has three pages of 4096 bytes or more"};
inline constexpr ErrorKind nvs_name{"nvs.name", "a key or namespace of NVS is 1 to 15 printable characters"};
inline constexpr ErrorKind nvs_too_long{"nvs.too_long", "the value is longer than NVS takes"};
inline constexpr ErrorKind nvs_full{"nvs.full", "the NVS partition is too small for its values"};
inline constexpr ErrorKind nvs_empty{"nvs.empty", "the image has no page of NVS"};
inline constexpr ErrorKind nvs_page{"nvs.page", "a page's header is damaged, or of an unknown version"};
inline constexpr ErrorKind nvs_entry{"nvs.entry", "an entry is damaged, or the image is encrypted with another key"};
inline constexpr ErrorKind nvs_chunk{"nvs.chunk", "a part of a value is missing"};
inline constexpr ErrorKind nvs_keys{"nvs.keys", "this is no image of an nvs_keys partition"};
inline constexpr ErrorKind nvs_cipher{"nvs.cipher", "XTS-AES failed"};
}  // namespace esb::errors
