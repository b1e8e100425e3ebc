// Line commands over the serial port.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/uart.hpp"
#include "esb/console/output.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind console_line_too_long{"console.line_too_long", "the line is longer than 255 bytes"};
inline constexpr ErrorKind console_control_byte{"console.control_byte", "the line contains a control byte"};
inline constexpr ErrorKind console_quote{"console.quote", "a quote is not closed"};
inline constexpr ErrorKind console_escape{"console.escape", "within quotes a backslash needs \", \\ or xHH behind it"};
inline constexpr ErrorKind console_unknown{"console.unknown", "unknown command, try: help"};
inline constexpr ErrorKind console_missing{"console.missing", "an argument is missing"};
inline constexpr ErrorKind console_too_many{"console.too_many", "too many arguments"};
}  // namespace esb::errors

namespace esb::console {

inline constexpr std::size_t line_max = 255;
inline constexpr std::size_t words_max = 12;

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

// Splits at spaces; "double quotes" keep spaces, \" \\ and \xHH work inside them. Views into `storage`, which
// should be as long as the line. console_line_too_long, console_quote, console_escape, console_control_byte,
// console_too_many.
Result<std::size_t> split(std::string_view line, std::span<char> storage, std::span<std::string_view> words);

// A line that is too long, holds a control byte, is not a command or has not the command's arguments runs nothing and
// gives one line that says so. Backspace and DEL erase. Lines are wiped once they have run: they may hold secrets.
// Reactor's task only.
class Console {
public:
    static constexpr std::size_t max_commands = 48;  // `help` included

    explicit Console(chip::Uart& uart);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    // The command's views must live as long as the console. `full`, or invalid_argument for a name that is taken or
    // is not one or two words of [a-z0-9-].
    Status add(const Command& command);
    // Sends what waits, takes what the serial port has and runs every complete line (ends: CR, LF or CR LF).
    void poll();
    // Runs one line as if it had been typed.
    void run(std::string_view line);
    // Sends back what is typed, for a person at a raw serial monitor. Off at first.
    void set_echo(bool on) { echo_ = on; }

    Output& output() { return output_; }

private:
    void take(char byte);
    void erase_last();
    void finish_line();
    void reset();
    void run_words(Arguments words);
    const Command* find(Arguments words) const;
    void unknown(std::string_view word);
    void misused(const Command& command, const Error& error);
    Status help(Arguments about);

    chip::Uart& uart_;
    Output output_;
    FixedVector<Command, max_commands> commands_;
    std::array<char, line_max> line_{};
    std::size_t size_ = 0;
    bool echo_ = false;
    bool overlong_ = false;
    bool control_ = false;
    bool after_return_ = false;
};

}  // namespace esb::console
