// A factory's NVS image into a virtual chip.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstddef>
#include <string>

namespace esb::cli {

struct NvsImport {
    std::string image;
    std::string keys;      // image of nvs_keys; empty: none
    std::string hmac_key;  // 32 bytes; empty: none
};

// As flashing it does: whatever the chip's key/value partition held is gone. A virtual chip stores values in a form of its
// own (host/vchip/key_value_log.hpp), so they are put one by one. Fails for an image that does not check, before anything
// is erased, and while a chip uses the flash file, which is made if missing. Tells how many values there are.
Outcome<std::size_t> import_nvs(const NvsImport& from, const std::string& flash, const std::string& partitions,
                                std::size_t size_of_new);

}  // namespace esb::cli
