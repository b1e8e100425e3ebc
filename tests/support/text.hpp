// Looks into texts that are written or sent.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace esb::test {

// How often a part stands in a text, overlapping ones counted.
inline std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}
inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace esb::test
