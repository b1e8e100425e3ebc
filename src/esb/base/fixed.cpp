#include "esb/base/fixed.hpp"

namespace esb::detail {

bool put_text(char* out, std::size_t room, std::string_view text) {
    if (text.size() > room) return false;
    if (!text.empty()) std::memmove(out, text.data(), text.size());
    out[text.size()] = '\0';
    return true;
}

}  // namespace esb::detail
