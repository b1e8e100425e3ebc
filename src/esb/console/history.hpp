// The latest lines, in bounded memory.
#pragma once

#include "esb/base/features.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace esb::console {

// Holds as many lines as fit, each with one byte more. Lines hold no NUL.
class History {
public:
    static constexpr std::size_t size_max = 384;  // bytes

    ~History() { clear(); }

    // Forgets the oldest lines until there is room. Not kept: an empty line, the same one as the latest, one that does
    // not fit at all.
    void add(std::string_view line);
    // 0 is the latest; empty behind the oldest.
    std::string_view at(std::size_t index) const;
    // Wipes.
    void clear();

private:
    void drop_oldest();

    std::array<char, size_max> lines_{};  // oldest first, each followed by a NUL
    std::size_t used_ = 0;
};

// Where nobody can ask for them.
struct NoHistory {
    void add(std::string_view) {}
    void clear() {}
};
using LineHistory = std::conditional_t<with_console_editing, History, NoHistory>;

}  // namespace esb::console
