// Makes lines of bytes: plain for a script, with editing and history for a person at a terminal.
#pragma once

#include "esb/base/function.hpp"
#include "esb/console/history.hpp"
#include "esb/console/split.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::console {

// Bytes in, bytes out; it knows no port. At first it is plain: nothing is echoed, and a control byte spoils its line.
// Tab or the beginning of an escape sequence (ESC [, ESC O: every cursor key) shows that a person sits there; from then
// on it is a terminal's editor:
//
//   Left Right Home End, ^B ^F ^A ^E     move           Up Down, ^P ^N    history
//   Backspace Delete, ^U ^K ^W           erase          Tab               (the console completes)
//   ^C  a new line instead               ^L  clear the screen
//
// Without the feature (base/features.hpp) it stays plain, and such a byte spoils its line like any other.
//
// A line of more than 255 bytes is never cut short: it ends as an error. Characters are UTF-8.
class LineEditor {
public:
    enum class Event : std::uint8_t { none, line, tab };
    static constexpr std::string_view prompt = "> ";
    static constexpr std::size_t columns = 72;  // of the line that are shown at a time, without the prompt

    // `draw` gets what the terminal is to show; `secret_at` tells where in a line the part begins that is shown as
    // asterisks.
    LineEditor(Function<void(std::string_view)> draw, Function<std::size_t(std::string_view)> secret_at);
    ~LineEditor() { reset(); }
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    // Event::line: line() is complete until reset(). Event::tab: complete() may follow.
    Event take(char byte);
    std::string_view line() const { return {line_.data(), size_}; }
    // What is wrong with the complete line: console_line_too_long, console_control_byte.
    std::optional<Error> fault() const;
    // Wipes; the next line begins.
    void reset();

    bool terminal() const { return with_console_editing && terminal_; }
    void set_terminal(bool on) { terminal_ = on; }
    // The part of the line in front of the cursor.
    std::string_view before_cursor() const { return {line_.data(), cursor_}; }
    // Puts text at the cursor; not a part of it when it does not fit.
    void insert(std::string_view text);
    // Shows the line anew.
    void draw();
    LineHistory& history() { return history_; }

private:
    enum class Escape : std::uint8_t { none, escape, sequence, single };

    Event take_plain(char byte);
    Event become_terminal(char byte);
    Event take_key(char byte);
    Event take_control(char byte);
    void take_escape(char byte);
    void key_of_sequence(char last);
    void put(char byte);
    void erase(std::size_t begin, std::size_t end);
    void erase_word();
    void move(std::size_t to);
    void recall(std::size_t index);
    void clear_line();
    std::size_t before(std::size_t at) const;
    std::size_t behind(std::size_t at) const;

    Function<void(std::string_view)> draw_;
    Function<std::size_t(std::string_view)> secret_at_;
    [[no_unique_address]] LineHistory history_;
    std::array<char, line_max> line_{};
    std::size_t size_ = 0;
    std::size_t cursor_ = 0;
    std::size_t recalled_ = 0;    // 0: the line is new; n: the n-th latest of the history
    std::uint8_t parameter_ = 0;  // of an escape sequence
    Escape escape_ = Escape::none;
    bool terminal_ = false;
    bool overlong_ = false;
    bool control_ = false;
    bool after_return_ = false;
};

}  // namespace esb::console
