// Labels for a factory's devices, on sheets of 24 (70 mm by 37 mm, three across an A4 page without a gap).
#pragma once

#include "host/cli/factory_device.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace esb::cli {

inline constexpr std::size_t labels_across = 3;
inline constexpr std::size_t labels_down = 8;
inline constexpr std::size_t labels_on_sheet = labels_across * labels_down;
constexpr std::size_t sheets_for(std::size_t devices) { return (devices + labels_on_sheet - 1) / labels_on_sheet; }

// PDF: each label with the code that takes a phone into the access point, and identity and passwords as text.
Outcome<std::string> label_sheets(const std::vector<FactoryDevice>& devices);

}  // namespace esb::cli
