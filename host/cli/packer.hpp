// Packs an image as devices unpack it (ota/packed_model.hpp): alone, or as what is new against an old image. The same
// images give the same bytes.
#pragma once

#include "esb/base/bytes.hpp"

#include <string>

namespace esb::cli {

// `old` empty: alone. Neither is longer than 2^31 - 2 bytes.
std::string pack_image(ConstBytes image, ConstBytes old = {});

}  // namespace esb::cli
