// The files of the watched chip's page, from host/cli/watch_page/ (host/cli/CMakeLists.txt).
#pragma once

#include <string_view>

namespace esb::cli {

struct PageFile {
    std::string_view name;  // behind the token; empty: the page itself
    std::string_view type;  // Content-Type
    std::string_view text;
};

extern const PageFile watch_page_files[3];

}  // namespace esb::cli
