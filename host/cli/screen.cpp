#include "host/cli/screen.hpp"

#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::size_t history_max = 100;
constexpr std::size_t typed_max = 1000;
constexpr std::size_t name_width = 6;
constexpr char escape = 0x1B;
constexpr char ctrl_d = 0x04;
constexpr char ctrl_u = 0x15;
constexpr char backspace = 0x08;
constexpr char del = 0x7F;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::vector<std::string> LineTyping::take(std::string_view bytes) {
    std::vector<std::string> lines;
    for (const char key : bytes) {
        if (!take_escape(key)) take_key(key, lines);
    }
    return lines;
}

// Cursor keys are ESC [ A and the like; other sequences do nothing.
bool LineTyping::take_escape(char key) {
    if (key == escape) {
        escape_ = 1;
        return true;
    }
    if (escape_ == 0) return false;
    if (escape_ == 1 && (key == '[' || key == 'O')) {
        escape_ = 2;
        return true;
    }
    if (escape_ == 2 && (key == ';' || (key >= '0' && key <= '9'))) return true;
    const bool sequence = escape_ == 2;
    escape_ = 0;
    if (sequence && key == 'A') recall(-1);
    if (sequence && key == 'B') recall(1);
    return sequence;
}

void LineTyping::recall(int step) {
    if ((step < 0 && at_ == 0) || (step > 0 && at_ >= history_.size())) return;
    at_ = step < 0 ? at_ - 1 : at_ + 1;
    text_ = at_ < history_.size() ? history_[at_] : std::string();
}

void LineTyping::take_key(char key, std::vector<std::string>& lines) {
    if (key == '\r' || key == '\n') {
        if (!text_.empty()) history_.push_back(text_);
        if (history_.size() > history_max) history_.pop_front();
        at_ = history_.size();
        lines.push_back(std::move(text_));
        text_.clear();
    } else if (key == backspace || key == del) {
        while (!text_.empty() && continues_character(text_.back())) text_.pop_back();
        if (!text_.empty()) text_.pop_back();
    } else if (key == ctrl_u) {
        text_.clear();
    } else if (key == ctrl_d) {
        ended_ = ended_ || text_.empty();
    } else if (static_cast<unsigned char>(key) >= ' ' && text_.size() < typed_max) {
        text_ += key;
    }
}

Screen::Screen(Printer& out, bool colour, bool editing) : out_(out), colour_(colour), editing_(editing) {
    if (!editing_ || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

Screen::~Screen() {
    if (!editing_) return;
    out_ << SafeText::drawing("\r\x1B[K");
    out_.flush();
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void Screen::line(const Source& source, std::string_view foreign, std::string_view mark) {
    SafeText text;
    text << foreign;
    line(source, text, mark);
}

void Screen::line(const Source& source, const SafeText& shown, std::string_view mark) {
    SafeText text;
    if (colour_) text << SafeText::drawing("\x1B[" + std::string(source.colour) + 'm');
    text << source.name << SafeText::drawing(std::string(name_width - source.name.size(), ' ')) << " " << mark << " ";
    if (colour_) text << SafeText::drawing("\x1B[0m");
    text << shown;
    draw(text);
}

void Screen::draw(const SafeText& line) {
    if (!editing_) {
        out_ << line << std::endl;
        return;
    }
    SafeText all = SafeText::drawing("\r\x1B[K");
    all << line << "\n> " << typing_.text();
    out_ << all;
    out_.flush();
}

std::vector<std::string> Screen::typed(std::string_view bytes) {
    auto lines = typing_.take(bytes);
    if (editing_) {
        SafeText prompt = SafeText::drawing("\r\x1B[K> ");
        prompt << typing_.text();
        out_ << prompt;
        out_.flush();
    }
    return lines;
}

}  // namespace esb::cli
