// A text that only the set-up page shows: a pointer to a literal, and nothing at all where there is no page.
#pragma once

#include "esb/base/features.hpp"

#include <string_view>

namespace esb::settings {

// Made from a literal, or from text in UTF-8 that lives as long as the device and ends with a NUL.
class PageText {
public:
    // Empty.
    constexpr PageText() = default;
#if ESB_PORTAL
    // Keeps the pointer.
    constexpr PageText(const char* text) : text_(text) {}
    // Empty when nothing was said, and where the page is left out (ESB_PORTAL).
    constexpr std::string_view text() const { return text_; }

private:
    const char* text_ = "";
#else
    // Keeps nothing.
    constexpr PageText(const char*) {}
    // Empty.
    constexpr std::string_view text() const { return {}; }
#endif
};

}  // namespace esb::settings
