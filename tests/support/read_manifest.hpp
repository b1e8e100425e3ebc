// The manifest parsers as tests like them: a value or an error.
#pragma once

#include "esb/ota/manifest.hpp"

namespace esb::test {

Result<ota::UpdateManifest> read_update(ConstBytes payload, std::string_view us = "ESP-1");

Result<ota::SignedCommand> read_command(ConstBytes payload, std::string_view us = "ESP-1");

Result<ota::KeySet> read_keys(ConstBytes payload);

}  // namespace esb::test
