// The text of mosquitto.conf, for mosquitto 2.0.11 (Debian 12) or later.
#pragma once

#include "host/cli/broker_folder.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace esb::cli {

inline constexpr std::size_t config_file_max = 1024 * 1024;  // bytes

// A device takes messages of 4096 bytes whole (link/limits.hpp) and envelopes of 3500; the rest is reserve.
inline constexpr unsigned message_size_limit = 8192;  // bytes

// Whether a listener of this text lets clients in without credentials.
bool lets_anybody_in(const std::string& config);

struct UpgradedConfig {
    std::string text;
    std::uint16_t tools_port = 0;
};
// What an older `esb broker init` wrote, and what its owner has made of it, with the tools' listener authenticated. Fails
// when another listener is anonymous: that one is not ours.
Outcome<UpgradedConfig> upgraded_config(const std::string& config, const std::filesystem::path& folder);

}  // namespace esb::cli
