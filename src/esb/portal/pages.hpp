// The files of web/, compressed into the firmware when it is built (tools/embed_web.py makes pages.cpp).
#pragma once

#include "esb/base/bytes.hpp"

#include <span>
#include <string_view>

namespace esb::portal {

struct Page {
    std::string_view path;          // "/", "/app.js"
    std::string_view content_type;  // as the header says it
    ConstBytes gzip;                // the body, always with Content-Encoding: gzip
};

// Constant memory.
std::span<const Page> pages();

}  // namespace esb::portal
