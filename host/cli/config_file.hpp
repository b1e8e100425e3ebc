// The configuration file of `esb`: a strict part of TOML. One table, `[broker]`, of texts and lists of texts. What is not
// known, or is there twice, is refused with its line. Text in, values out.
#pragma once

#include "host/cli/broker_words.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace esb::cli {

inline constexpr std::size_t config_text_max = 64 * 1024;  // bytes

// `name` is the file's, for failures.
Outcome<BrokerWords> parse_config(std::string_view text, const std::string& name);

// The file that ESB_CONFIG names, else $XDG_CONFIG_HOME/esb/config.toml or ~/.config/esb/config.toml. Without the
// latter nothing is said. File names in it begin in its folder, or with ~/. One that holds a secret must be private.
Outcome<BrokerWords> load_config();

// $XDG_CONFIG_HOME/esb or ~/.config/esb.
std::filesystem::path config_folder();

}  // namespace esb::cli
