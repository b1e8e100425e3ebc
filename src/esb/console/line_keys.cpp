// The line editor's keys, for a person at a terminal: what they do, and what is shown.
#include "esb/console/line_editor.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/foreign.hpp"
#include "esb/console/line_bytes.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr char control(char letter) { return static_cast<char>(letter & 0x1F); }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

}  // namespace

// By a Tab, or the second byte of an escape sequence.
LineEditor::Event LineEditor::become_terminal(char byte) {
    const bool tab = byte == '\t';
    terminal_ = true;
    cursor_ = size_;
    if (!tab) escape_ = byte == '[' ? Escape::sequence : Escape::single;
    parameter_ = 0;
    draw();
    return tab ? Event::tab : Event::none;
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

void LineEditor::insert(std::string_view text) {
    if (text.size() > line_.size() - size_) return;
    for (const char c : text) put(c);
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
