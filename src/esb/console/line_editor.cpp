#include "esb/console/line_editor.hpp"

#include "esb/base/features.hpp"
#include "esb/base/secret.hpp"
#include "esb/console/line_bytes.hpp"

#include <algorithm>

namespace esb::console {

LineEditor::LineEditor(Function<void(std::string_view)> draw, Function<std::size_t(std::string_view)> secret_at)
    : draw_(draw), secret_at_(secret_at) {}

std::optional<Error> LineEditor::fault() const {
    if (overlong_) return Error(errors::console_line_too_long);
    if (control_) return Error(errors::console_control_byte);
    return std::nullopt;
}

void LineEditor::reset() {
    wipe(as_writable_bytes(line_));
    size_ = cursor_ = recalled_ = 0;
    escape_ = Escape::none;
    overlong_ = control_ = false;
}

LineEditor::Event LineEditor::take(char byte) {
    const bool second_half = byte == '\n' && after_return_;
    after_return_ = byte == '\r';
    if (second_half) return Event::none;
    if constexpr (with_console_editing) {
        if (terminal_) return take_key(byte);
    }
    return take_plain(byte);
}

LineEditor::Event LineEditor::take_plain(char byte) {
    const bool escaped = escape_ != Escape::none;
    escape_ = Escape::none;
    if constexpr (with_console_editing) {
        if (byte == '\t' || (escaped && (byte == '[' || byte == 'O'))) return become_terminal(byte);
    }
    control_ = control_ || escaped;
    if (byte == '\r' || byte == '\n') return Event::line;
    if (byte == escape) {
        escape_ = Escape::escape;
    } else if (byte == backspace || byte == del) {
        if (!overlong_) erase(before(size_), size_);
    } else if (is_control(byte)) {
        control_ = true;
    } else {
        put(byte);
    }
    return Event::none;
}

void LineEditor::put(char byte) {
    if (overlong_ || size_ == line_.size()) {
        overlong_ = true;
        return;
    }
    const auto at = terminal_ ? cursor_ : size_;
    std::copy_backward(line_.begin() + static_cast<std::ptrdiff_t>(at),
                       line_.begin() + static_cast<std::ptrdiff_t>(size_),
                       line_.begin() + static_cast<std::ptrdiff_t>(size_ + 1));
    line_[at] = byte;
    ++size_;
    cursor_ = at + 1;
}

void LineEditor::erase(std::size_t begin, std::size_t end) {
    std::copy(line_.begin() + static_cast<std::ptrdiff_t>(end), line_.begin() + static_cast<std::ptrdiff_t>(size_),
              line_.begin() + static_cast<std::ptrdiff_t>(begin));
    size_ -= end - begin;
    cursor_ = begin;
}

std::size_t LineEditor::before(std::size_t at) const {
    if (at == 0) return 0;
    do {
        --at;
    } while (at > 0 && is_continuation(line_[at]));
    return at;
}

}  // namespace esb::console
