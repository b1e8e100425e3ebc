// <base>/log in words.
#pragma once

#include "host/cli/outcome.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct LogWords {
    std::uint32_t number = 0;
    std::string when;  // "2026-11-22 03:12:05", "boot 7 +00:05:12"
    std::string what;  // "Wi-Fi: network not found; 3 times in 45 s"
};

// The entries of one message, in order; control bytes are made printable. A failure when it is not one.
Outcome<std::vector<LogWords>> log_words(std::string_view payload);

}  // namespace esb::cli
