// Line commands over the serial port.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/uart.hpp"
#include "esb/console/command.hpp"
#include "esb/console/errors.hpp"
#include "esb/console/line_editor.hpp"
#include "esb/console/output.hpp"
#if ESB_CERTIFICATES
#include "esb/console/paste.hpp"
#endif
#include "esb/console/report.hpp"
#include "esb/console/split.hpp"
#include "esb/console/table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::console {

// A line that is too long, holds a control byte, is not a command or has not the command's arguments runs nothing and
// gives one line that says so. A line whose last word is --json is answered by exactly one line of JSON. Lines are
// wiped once they have run: they may hold secrets.
class Console {
public:
    static constexpr Duration retry{10};  // of what waits for a slow port

    explicit Console(chip::Uart& uart);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    // See CommandTable.
    Status add(std::span<const TableCommand> commands, void* context) { return table_.add(commands, context); }
    Status add(const Command& command) { return table_.add(command); }
    // Takes each byte of the port first; what it gives back (views until its next call, a line's end only as the last
    // byte) is the console's. None at first.
    using Filter = Function<ConstBytes(std::uint8_t byte, Instant now)>;
    void set_filter(Filter filter) { filter_ = filter; }
    // Must live as long as the console; null: words of the usage only.
    void set_vocabulary(const Vocabulary* vocabulary) { vocabulary_ = vocabulary; }

    // Sends what waits, takes what the serial port has and runs every complete line (ends: CR, LF or CR LF). Input
    // waits while the output is more than half full, or while a command waits for something.
    void poll(Instant now);
    // When to call poll() again, apart from new input.
    std::optional<Instant> deadline(Instant now) const;

    // Editing and history, for a person at a raw serial monitor. Off at first; Tab and cursor keys turn it on. Only with
    // that feature (base/features.hpp), as all of terminal.cpp.
    void set_terminal(bool on);
    bool terminal() const { return editor_.terminal(); }
    // Hides every command but those that say otherwise, and forgets the history.
    void set_locked(bool locked);
    bool locked() const { return locked_; }
    // Of the latest byte that was the console's; the start of the chip at first.
    Instant last_input() const { return last_input_; }

    Output& output() { return output_; }

#if ESB_CERTIFICATES
    // From within a command: what follows is a text (paste.hpp), which `taker` gets when it is whole. Given up after a
    // minute without input. no_memory, busy.
    using Taker = Function<Status(std::string_view text, Report& report)>;
    Status take_text(Taker taker);
#endif

private:
    void pass(std::uint8_t byte, Instant now);
    void take(char byte);
    void run(bool resumed);
    Status run_line();
    Status run_words(Arguments words);
    Status unknown(std::string_view word);
    Status misused(const Syntax& syntax, const ErrorKind& error);
    Status help(Arguments about);
    bool visible(const Syntax& syntax) const { return !locked_ || syntax.traits.while_locked; }
    void complete();
    void draw_when_due();

#if ESB_CERTIFICATES
    void take_paste(char byte);
    void give_paste_up(const ErrorKind& why);
    Paste paste_;
    Taker taker_;
    bool paste_json_ = false;
#endif

    chip::Uart& uart_;
    Output output_;
    Report report_;
    CommandTable table_;
    Filter filter_;
    const Vocabulary* vocabulary_ = nullptr;
    LineEditor editor_;
    std::array<std::uint8_t, 32> input_{};
    std::size_t input_size_ = 0;
    std::size_t input_taken_ = 0;
    Instant last_input_{};
    bool locked_ = false;
};

}  // namespace esb::console
