// Line commands over the serial port.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/uart.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind console_line_too_long{"console.line_too_long", "the line is longer than 255 bytes"};
inline constexpr ErrorKind console_control_byte{"console.control_byte", "the line contains a control byte"};
inline constexpr ErrorKind console_quote{"console.quote", "a quote is not closed"};
inline constexpr ErrorKind console_unknown{"console.unknown", "unknown command, try: help"};
inline constexpr ErrorKind console_missing{"console.missing", "an argument is missing"};
inline constexpr ErrorKind console_too_many{"console.too_many", "too many arguments"};
}  // namespace esb::errors

namespace esb::console {

inline constexpr std::size_t line_max = 255;
inline constexpr std::size_t words_max = 12;

// Where a command writes. Lines end in CR LF on the wire. Text from outside (SSIDs, topics) must go through
// quoted(), which escapes control bytes so that nothing can draw on the terminal.
class Output {
public:
    explicit Output(chip::Uart& uart) : uart_(uart) {}
    Output& text(std::string_view piece);
    Output& quoted(ConstBytes piece);
    Output& number(std::int64_t value);
    void end_line();
    void line(std::string_view whole) { text(whole).end_line(); }
    // "error: <text> (<name>)"
    void error(const Error& error);

private:
    chip::Uart& uart_;
};

// The arguments after the command's own words.
using Arguments = std::span<const std::string_view>;

struct Command {
    std::string_view name;   // one or two words: "wifi connect"
    std::string_view usage;  // "<ssid> [<pass>]"
    std::string_view help;   // one line
    std::uint8_t least;      // arguments
    std::uint8_t most;
    // An error is printed by the console as its one line.
    Function<Status(Arguments, Output&)> run;
};

// Splits at spaces; "double quotes" keep spaces, \" \\ and \xHH work inside them. Views into `storage`.
// console_quote, console_control_byte, console_too_many.
Result<std::size_t> split(std::string_view line, std::span<char> storage, std::span<std::string_view> words);

// Reactor's task only.
class Console {
public:
    static constexpr std::size_t max_commands = 48;

    explicit Console(chip::Uart& uart);

    // `full`, or invalid_argument for a name that is taken.
    Status add(const Command& command);
    // Takes what the serial port has and runs every complete line (ends: CR, LF or CR LF).
    void poll();
    // Runs one line as if it had been typed.
    void run(std::string_view line);

    Output& output() { return output_; }

private:
    void take(std::uint8_t byte);
    void help(Arguments about);

    chip::Uart& uart_;
    Output output_;
    FixedVector<Command, max_commands> commands_;
    FixedString<line_max> line_;
    bool overlong_ = false;
    bool control_ = false;
    bool after_return_ = false;
};

}  // namespace esb::console
