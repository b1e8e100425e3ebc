#include "tests/support/read_manifest.hpp"

namespace esb::test {

Result<ota::UpdateManifest> read_update(ConstBytes payload, std::string_view us) {
    ota::UpdateManifest manifest;
    if (const auto parsed = ota::parse_update(payload, *make_identity(us), manifest); !parsed) {
        return fail(parsed.error());
    }
    return manifest;
}

Result<ota::SignedCommand> read_command(ConstBytes payload, std::string_view us) {
    return ota::parse_command(payload, *make_identity(us));
}

Result<ota::KeySet> read_keys(ConstBytes payload) {
    ota::KeySet set;
    if (const auto parsed = ota::parse_keys(payload, set); !parsed) return fail(parsed.error());
    return set;
}

}  // namespace esb::test
