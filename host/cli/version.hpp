// The version of this tool, which is the project's (CMakeLists.txt).
#pragma once

#include <string_view>

namespace esb::cli {

extern const std::string_view esb_version;

}  // namespace esb::cli
