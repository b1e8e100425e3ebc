// What <base>/status and <base>/ota/status say (docs/protocol.md).
#pragma once

#include "esb/base/features.hpp"
#include "esb/life/snapshot.hpp"
#include "esb/link/subscriptions.hpp"
#include "esb/ota/updater.hpp"

#include <span>
#include <string_view>

namespace esb {

inline constexpr std::size_t status_json_max = 1216 + (with_data_partitions ? 96 : 0);  // characters
inline constexpr std::size_t update_json_max = 1088;

// `encryption_key`: the public half, "x.y"; empty without one. Empty if it does not fit.
std::string_view status_json(const life::Snapshot& now, const link::Subscriptions& subscriptions,
                             std::string_view encryption_key, std::span<char> out);
// `installed` is the version that runs. Empty if it does not fit.
std::string_view update_json(const ota::Progress& progress, ota::When when, std::string_view installed,
                             std::span<char> out);

}  // namespace esb
