// Bundles as `esb sign --bundle` makes them, and their way into the update engine.
#pragma once

#include "tests/support/update_rig.hpp"

#include <algorithm>
#include <string>

namespace esb::test {

inline std::string bundle_of(const std::string& envelope, const Image& image) {
    return envelope + "\n" + std::string(as_text(image));
}

// Announces `size` bytes and feeds those of `bundle`, as a web server would; the first error, or the end's.
inline Status upload(ota::Updater& updater, std::string_view bundle, std::size_t size, std::size_t piece = 768) {
    ESB_TRY(updater.begin_upload(static_cast<std::uint32_t>(size)));
    for (std::size_t at = 0; at < bundle.size(); at += piece) {
        ESB_TRY(updater.upload_piece(as_bytes(bundle.substr(at, piece))));
    }
    return updater.end_upload();
}
inline Status upload(ota::Updater& updater, std::string_view bundle) { return upload(updater, bundle, bundle.size()); }

}  // namespace esb::test
