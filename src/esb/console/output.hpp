// Where commands write: whole lines to the serial port, none lost silently.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/uart.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::console {

// Lines end in CR LF on the wire and go out whole. What the port does not take at once waits in a buffer; when that
// is full whole lines are dropped, and a line in their place says how many. All text is written as foreign.hpp does for
// terminals, so nothing but an echo or a frame can draw on one, and a backslash is always the start of an escape or
// doubled.
//
// A stream is one line that may be longer than the buffer: it leaves in pieces, and lines begun meanwhile wait behind
// it, in at most half of the buffer.
class Output {
public:
    static constexpr std::size_t pending_max = 2048;  // bytes, also the longest line with its CR LF

    explicit Output(chip::Uart& uart) : uart_(uart) {}  // lines go to `uart`
    ~Output();                                          // wipes
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    // Words of ours, and what has a form that cannot be taken for them. `piece` holds whole UTF-8 characters.
    Output& text(std::string_view piece);
    // Text of others (network names, topics, host names), in quotes, with quotes escaped too: what a command line would
    // take as this very value, and where it ends.
    Output& quoted(std::string_view piece);
    Output& quoted(ConstBytes piece) { return quoted(as_text(piece)); }
    Output& number(std::int64_t value);
    void end_line();
    void line(std::string_view whole) { text(whole).end_line(); }
    // Ends the line if one has been begun.
    void end_open_line() {
        if (in_line_) end_line();
    }
    // Why something is as it is: "<text> (<name>)".
    Output& reason(const Error& why);
    // "error: <reason>"
    void error(const Error& error);

    // Bytes as they are and at once, outside of any line: a terminal's echo. False when there is no room: dropped.
    bool raw(std::string_view bytes);

    // Binary bytes as they are, whole and between two lines; also while a line is being written, which they then stand
    // before. False when there is no room: dropped, and not counted as a line.
    bool frame(ConstBytes bytes);

    // A line in pieces, bytes as they are (the caller escapes). Ends an open line first.
    void begin_stream();
    // False when there is no room() for it, even after sending; then nothing of it is taken.
    bool stream(std::string_view bytes);
    void end_stream();
    // Bytes that can be taken now.
    std::size_t room() const { return pending_.size() - used_; }

    // A terminal's edit line stands on the screen: it is erased before the next line.
    void set_drawn(bool drawn) { drawn_ = drawn; }
    bool drawn() const { return drawn_; }

    // Gives the port what it takes now.
    void flush();
    // True when the port has taken every line, so that none can be dropped any more.
    bool idle() const { return whole_ == 0 && dropped_ == 0 && !streaming_; }
    // Spaces are appended until the line has this many bytes.
    Output& pad_to(std::size_t column);
    // Bytes of the line that has been begun.
    std::size_t column() const { return in_line_ ? used_ - whole_ : 0; }

private:
    void put(std::string_view bytes);
    void escaped(std::string_view piece, bool in_quotes);
    void begin_line();
    void erase_drawn();
    bool fits(std::size_t size) const;
    void append(std::string_view bytes);
    void report_dropped();
    void send();

    chip::Uart& uart_;
    std::array<char, pending_max> pending_{};
    std::size_t whole_ = 0;     // bytes of complete lines, not sent yet
    std::size_t used_ = 0;      // the same and the line that is being written
    std::size_t streamed_ = 0;  // while streaming: bytes at the front that are the stream's, or came before it
    bool streaming_ = false;
    bool drawn_ = false;
    bool in_line_ = false;
    bool dropping_ = false;      // the line that is being written does not fit
    std::uint32_t dropped_ = 0;  // lines since the last report
};

}  // namespace esb::console
