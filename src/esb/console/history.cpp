#include "esb/console/history.hpp"

#include "esb/base/secret.hpp"

#include <algorithm>

namespace esb::console {
void History::add(std::string_view line) {
    if (line.empty() || line.size() >= size_max || line == at(0)) return;
    while (used_ + line.size() + 1 > size_max) drop_oldest();
    std::copy(line.begin(), line.end(), lines_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += line.size();
    lines_[used_++] = '\0';
}

void History::drop_oldest() {
    const auto all = as_writable_bytes(lines_);
    const auto first = std::string_view(lines_.data(), used_).find('\0') + 1;
    copy(all.subspan(first, used_ - first), all);
    wipe(all.subspan(used_ - first, first));
    used_ -= first;
}

std::string_view History::at(std::size_t index) const {
    std::string_view rest(lines_.data(), used_);
    while (!rest.empty()) {
        rest.remove_suffix(1);
        const auto before = rest.rfind('\0');
        const auto begin = before == std::string_view::npos ? 0 : before + 1;
        if (index-- == 0) return rest.substr(begin);
        rest = rest.substr(0, begin);
    }
    return {};
}

void History::clear() {
    wipe(as_writable_bytes(lines_));
    used_ = 0;
}

}  // namespace esb::console
