// The check of an identity given on the command line, the same for every command that takes one.
#pragma once

#include "esb/base/identity.hpp"

#include <string>

namespace esb::cli {

// Empty, or why it is none: as CLI11 wants it.
inline std::string check_identity_option(const std::string& text) {
    return make_identity(text) ? std::string() : "'" + text + "' is not an identity";
}

}  // namespace esb::cli
