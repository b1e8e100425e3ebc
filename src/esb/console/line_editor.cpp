#include "esb/console/line_editor.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/foreign.hpp"
#include "esb/base/secret.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr char escape = 0x1B;
constexpr char backspace = 0x08;
constexpr char del = 0x7F;

constexpr char control(char letter) { return static_cast<char>(letter & 0x1F); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == del; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
// A byte of a UTF-8 character that is not its first.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

}  // namespace

LineEditor::LineEditor(Function<void(std::string_view)> draw, Function<std::size_t(std::string_view)> secret_at)
    : draw_(draw), secret_at_(secret_at) {}

std::optional<Error> LineEditor::fault() const {
    if (overlong_) return Error(errors::console_line_too_long);
    if (control_) return Error(errors::console_control_byte);
    return std::nullopt;
}

void LineEditor::reset() {
    wipe({reinterpret_cast<std::uint8_t*>(line_.data()), line_.size()});
    size_ = cursor_ = recalled_ = 0;
    escape_ = Escape::none;
    overlong_ = control_ = false;
}

LineEditor::Event LineEditor::take(char byte) {
    const bool second_half = byte == '\n' && after_return_;
    after_return_ = byte == '\r';
    if (second_half) return Event::none;
    return terminal_ ? take_key(byte) : take_plain(byte);
}

LineEditor::Event LineEditor::take_plain(char byte) {
    const bool escaped = escape_ != Escape::none;
    escape_ = Escape::none;
    if (byte == '\t' || (escaped && (byte == '[' || byte == 'O'))) {
        terminal_ = true;
        cursor_ = size_;
        if (escaped) escape_ = byte == '[' ? Escape::sequence : Escape::single;
        parameter_ = 0;
        draw();
        return escaped ? Event::none : Event::tab;
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

LineEditor::Event LineEditor::take_key(char byte) {
    if (escape_ != Escape::none && !is_control(byte)) {
        take_escape(byte);
        return Event::none;
    }
    escape_ = Escape::none;  // a control byte ends a sequence that is not whole
    if (is_control(byte)) return take_control(byte);
    const bool simple = cursor_ == size_ && !overlong_ && columns_of(line()) + 1 < columns && is_ascii(byte);
    put(byte);
    if (simple && secret_at_(line()) == size_) {
        draw_({&byte, 1});
    } else {
        draw();
    }
    return Event::none;
}

LineEditor::Event LineEditor::take_control(char byte) {
    switch (byte) {
        case '\r':
        case '\n':
            draw_("\r\n");
            return Event::line;
        case '\t':
            return Event::tab;
        case escape:
            escape_ = Escape::escape;
            return Event::none;
        case backspace:
        case del:
            erase(before(cursor_), cursor_);
            break;
        case control('U'):
            erase(0, cursor_);
            break;
        case control('K'):
            erase(cursor_, size_);
            break;
        case control('W'):
            erase_word();
            break;
        case control('A'):
            move(0);
            break;
        case control('E'):
            move(size_);
            break;
        case control('B'):
            move(before(cursor_));
            break;
        case control('F'):
            move(behind(cursor_));
            break;
        case control('P'):
            recall(recalled_ + 1);
            break;
        case control('N'):
            if (recalled_ > 0) recall(recalled_ - 1);
            break;
        case control('C'):
            draw_("^C\r\n");
            reset();
            break;
        case control('L'):
            draw_("\x1B[H\x1B[2J");
            break;
        default:
            return Event::none;
    }
    draw();
    return Event::none;
}

void LineEditor::take_escape(char byte) {
    if (escape_ == Escape::escape) {
        parameter_ = 0;
        escape_ = byte == '[' ? Escape::sequence : byte == 'O' ? Escape::single : Escape::none;
        return;
    }
    if (escape_ == Escape::sequence && byte >= '0' && byte <= '9') {
        parameter_ = static_cast<std::uint8_t>(std::min(parameter_ * 10 + (byte - '0'), 99));
        return;
    }
    if (escape_ == Escape::sequence && byte >= ' ' && byte < '@') return;  // other parameters (ECMA-48 §5.4)
    escape_ = Escape::none;
    key_of_sequence(byte);
}

void LineEditor::key_of_sequence(char last) {
    if (last == '~') last = parameter_ == 1 || parameter_ == 7 ? 'H' : parameter_ == 4 || parameter_ == 8 ? 'F' : last;
    switch (last) {
        case 'A':
            recall(recalled_ + 1);
            break;
        case 'B':
            if (recalled_ > 0) recall(recalled_ - 1);
            break;
        case 'C':
            move(behind(cursor_));
            break;
        case 'D':
            move(before(cursor_));
            break;
        case 'H':
            move(0);
            break;
        case 'F':
            move(size_);
            break;
        case '~':
            if (parameter_ == 3) erase(cursor_, behind(cursor_));
            break;
        default:
            return;
    }
    draw();
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

void LineEditor::insert(std::string_view text) {
    if (text.size() > line_.size() - size_) return;
    for (const char c : text) put(c);
}

void LineEditor::erase(std::size_t begin, std::size_t end) {
    std::copy(line_.begin() + static_cast<std::ptrdiff_t>(end), line_.begin() + static_cast<std::ptrdiff_t>(size_),
              line_.begin() + static_cast<std::ptrdiff_t>(begin));
    size_ -= end - begin;
    cursor_ = begin;
}

void LineEditor::erase_word() {
    auto begin = cursor_;
    while (begin > 0 && line_[begin - 1] == ' ') --begin;
    while (begin > 0 && line_[begin - 1] != ' ') --begin;
    erase(begin, cursor_);
}

void LineEditor::move(std::size_t to) { cursor_ = to; }

// The line that was being typed is given up.
void LineEditor::recall(std::size_t index) {
    const auto found = index == 0 ? std::string_view() : history_.at(index - 1);
    if (index > 0 && found.empty()) return;
    reset();
    recalled_ = index;
    insert(found);
}

std::size_t LineEditor::before(std::size_t at) const {
    if (at == 0) return 0;
    do {
        --at;
    } while (at > 0 && is_continuation(line_[at]));
    return at;
}

std::size_t LineEditor::behind(std::size_t at) const {
    if (at == size_) return at;
    do {
        ++at;
    } while (at < size_ && is_continuation(line_[at]));
    return at;
}

// One window of the line, with the cursor in it.
void LineEditor::draw() {
    const auto cursor_column = columns_of(before_cursor());
    const auto first = cursor_column < columns ? 0 : cursor_column - columns + 1;
    const auto secret = secret_at_(line());
    FixedString<columns * 4 + 24> shown;
    static_cast<void>(shown.append("\r"));
    static_cast<void>(shown.append(prompt));
    std::size_t column = 0;
    for (std::size_t at = 0; at < size_ && column < first + columns; ++column) {
        const auto size = behind(at) - at;
        const auto character = line().substr(at, size);
        const bool good = plain_character(character) == size;
        if (column >= first) static_cast<void>(shown.append(at >= secret ? "*" : good ? character : "?"));
        at += size;
    }
    static_cast<void>(shown.append("\x1B[K"));
    if (column > cursor_column) {
        static_cast<void>(shown.append("\x1B["));
        static_cast<void>(shown.append(decimal(column - cursor_column)));
        static_cast<void>(shown.append('D'));
    }
    draw_(shown);
}

}  // namespace esb::console
