#include "host/cli/safe_text.hpp"

#include "esb/base/foreign.hpp"

namespace esb::cli {

SafeText& SafeText::put(std::string_view foreign, bool quotes) {
    for_terminal(foreign, quotes, [this](std::string_view piece) { text_ += piece; });
    return *this;
}

SafeText& SafeText::operator<<(char character) {
    if (character != '\n') return put({&character, 1}, false);
    text_ += character;
    return *this;
}

SafeText& SafeText::word(std::string_view foreign) {
    if (foreign.find_first_of(" \"") == std::string_view::npos) return put(foreign, false);
    text_ += '"';
    put(foreign, true);
    text_ += '"';
    return *this;
}

}  // namespace esb::cli
