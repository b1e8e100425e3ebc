#include "host/cli/line_buffer.hpp"

namespace esb::cli {
namespace {

constexpr std::size_t torn_above = 64 * 1024;  // a longer one is torn

}  // namespace

void LineBuffer::take(std::string_view bytes, const OnLine& on_line) {
    rest_ += bytes;
    std::size_t at = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', at)) {
        auto line = std::string_view(rest_).substr(at, end - at);
        while (line.ends_with('\r')) line.remove_suffix(1);
        on_line(line);
        at = end + 1;
    }
    rest_.erase(0, at);
    if (rest_.size() > torn_above) flush(on_line);
}

void LineBuffer::flush(const OnLine& on_line) {
    if (rest_.empty()) return;
    on_line(rest_);
    rest_.clear();
}

}  // namespace esb::cli
