// Files that an update brings for partitions of data, beside the image (docs/updates.md).
#pragma once

#include "host/cli/outcome.hpp"

#include <string>
#include <vector>

namespace esb::cli {

struct PartFile {
    std::string part;  // of both partitions' names, what stands before "_0" and "_1"
    std::string bytes;

    // Of its file beside the image, behind the image's name, and of its address.
    std::string suffix() const { return suffix_of(part); }
    static std::string suffix_of(std::string_view part) { return ".data-" + std::string(part); }
    // Of its key, where the update is encrypted.
    std::string key_name() const { return "esb data " + part; }
};

// Of "www=FILE" each. Fails for a part's name that a device does not take, one that is there twice, an empty file, and more than
// ota::max_data.
Outcome<std::vector<PartFile>> read_part_files(const std::vector<std::string>& texts);

}  // namespace esb::cli
