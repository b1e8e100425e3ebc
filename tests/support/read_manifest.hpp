// The manifest parsers as tests like them: a value or an error.
#pragma once

#include "esb/ota/manifest.hpp"

namespace esb::test {

inline Result<ota::UpdateManifest> read_update(ConstBytes payload, std::string_view us = "ESP-1") {
    ota::UpdateManifest manifest;
    if (const auto parsed = ota::parse_update(payload, *make_identity(us), manifest); !parsed) {
        return fail(parsed.error());
    }
    return manifest;
}

inline Result<ota::SignedCommand> read_command(ConstBytes payload, std::string_view us = "ESP-1") {
    return ota::parse_command(payload, *make_identity(us));
}

inline Result<ota::KeySet> read_keys(ConstBytes payload) {
    ota::KeySet set;
    if (const auto parsed = ota::parse_keys(payload, set); !parsed) return fail(parsed.error());
    return set;
}

}  // namespace esb::test
