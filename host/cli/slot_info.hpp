// What lies in the slots of a virtual chip's flash file, read while the chip is off or on.
#pragma once

#include "host/cli/image_file.hpp"
#include "host/cli/outcome.hpp"

#include <optional>
#include <string>
#include <vector>

namespace esb::cli {

struct SlotInfo {
    char slot;                       // 'a', 'b'
    std::size_t offset;              // in the flash file, bytes
    std::optional<ImageFile> image;  // empty: no complete image
};

// `partitions` may be empty: the default layout.
Outcome<std::vector<SlotInfo>> read_slots(const std::string& flash, const std::string& partitions);

// Sets every byte to 0xFF. Fails when a virtual chip uses the file, or when there is none.
Outcome<void> erase_flash(const std::string& flash);

}  // namespace esb::cli
