// Which parts of a new image are in the old one, nearly: bsdiff's search (Percival 2003).
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <vector>

namespace esb::cli {

struct OldRange {
    std::size_t at;      // in the new image
    std::size_t length;
    std::size_t old_at;
};

// In order, not overlapping; each is worth being taken from the old image.
std::vector<OldRange> find_old_ranges(ConstBytes image, ConstBytes old);

}  // namespace esb::cli
