// The virtual chip's eFuses: a file beside its flash, for they are no part of what flashing or erasing changes.
#pragma once

#include "esb/base/result.hpp"
#include "host/vchip/nvs_cipher.hpp"

#include <string>

namespace esb::errors {
inline constexpr ErrorKind efuse_file{"vchip.efuse", "the file of the eFuses cannot be read or made, or is not one"};
}  // namespace esb::errors

namespace esb::vchip {

// Where the eFuses of the chip with this flash file are.
std::string efuse_file_of(const std::string& flash);
// The key in the file; a chip that has none yet burns a random one first (mode 0600). Whole or not there at all, also when
// the process is killed meanwhile or two do it at once. efuse_file (detail: errno); no_entropy.
Result<EfuseKey> read_or_burn_efuses(const std::string& path);

}  // namespace esb::vchip
