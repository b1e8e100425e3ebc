// JSON of any length for --json, written with the library's JsonWriter.
#pragma once

#include "esb/base/json.hpp"
#include "host/cli/safe_text.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace esb::cli {

inline constexpr std::int64_t u32_max = 0xFFFF'FFFF;  // of what a device counts

// `build(JsonWriter&)` may run several times: the buffer grows until the text fits.
template <typename Build>
JsonText json_text(Build build) {
    for (std::size_t size = 4096;; size *= 4) {
        std::vector<char> buffer(size);
        JsonWriter writer(buffer);
        build(writer);
        if (!writer.overflowed()) return JsonText(std::string(writer.view()));
    }
}

}  // namespace esb::cli
