// Bundles as `esb sign --bundle` makes them, and their way into the update engine.
#pragma once

#include "tests/support/update_rig.hpp"

#include <algorithm>
#include <string>

namespace esb::test {

std::string bundle_of(const std::string& envelope, const Image& image);

// Announces `size` bytes and feeds those of `bundle`, as a web server would; the first error, or the end's.
Status upload(ota::Updater& updater, std::string_view bundle, std::size_t size, std::size_t piece = 768);
inline Status upload(ota::Updater& updater, std::string_view bundle) { return upload(updater, bundle, bundle.size()); }

}  // namespace esb::test
