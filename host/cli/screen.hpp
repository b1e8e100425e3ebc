// One terminal for several sources: each line with its source in front, in a colour of its own, and at the bottom what
// is being typed.
#pragma once

#include "host/cli/safe_text.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

namespace esb::cli {

struct Source {
    std::string_view name;    // at most 6 characters
    std::string_view colour;  // as SGR has it: "32"
};
inline constexpr Source serial_source{"serial", "32"};
inline constexpr Source mqtt_source{"mqtt", "35"};
inline constexpr Source update_source{"update", "36"};
inline constexpr Source build_source{"build", "33"};
inline constexpr Source lab_source{"lab", "1"};
inline constexpr Source trace_source{"trace", "2"};

// Keys on their way to lines: backspace, Ctrl-U, cursor up and down through what was typed before.
class LineTyping {
public:
    // The lines that these bytes complete.
    std::vector<std::string> take(std::string_view bytes);
    const std::string& text() const { return text_; }
    bool ended() const { return ended_; }  // Ctrl-D on an empty line

private:
    void take_key(char key, std::vector<std::string>& lines);
    bool take_escape(char key);
    void recall(int step);

    std::string text_;
    std::deque<std::string> history_;
    std::size_t at_ = 0;  // in the history; its size: the line being typed
    int escape_ = 0;      // how much of ESC [ has been there
    bool ended_ = false;
};

class Screen {
public:
    // `editing`: standard input is a terminal. It then gives keys, not lines, until this object goes.
    Screen(Printer& out, bool colour, bool editing);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // `foreign` is text of others, and is escaped.
    void line(const Source& source, std::string_view foreign, std::string_view mark = "|");
    void line(const Source& source, const SafeText& text, std::string_view mark = "|");
    bool colour() const { return colour_; }
    // What comes from standard input; the lines it completes.
    std::vector<std::string> typed(std::string_view bytes);
    bool ended() const { return typing_.ended(); }

private:
    void draw(const SafeText& line);

    Printer& out_;
    bool colour_;
    bool editing_;
    termios before_{};
    LineTyping typing_;
};

}  // namespace esb::cli
