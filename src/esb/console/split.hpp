// A line's words.
#pragma once

#include "esb/base/result.hpp"
#include "esb/console/errors.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace esb::console {

inline constexpr std::size_t line_max = 255;
inline constexpr std::size_t words_max = 12;

// Splits at spaces; "double quotes" keep spaces, \" \\ and \xHH work inside them. Views into `storage`, which
// should be as long as the line. console_line_too_long, console_quote, console_escape, console_control_byte,
// console_too_many.
Result<std::size_t> split(std::string_view line, std::span<char> storage, std::span<std::string_view> words);

// Walks over the words of a line that may be unfinished, as they stand there, quotes and all.
class WordStarts {
public:
    explicit WordStarts(std::string_view line) : line_(line) {}
    // False behind the last one.
    bool next();
    std::size_t begin() const { return begin_; }
    std::string_view word() const { return line_.substr(begin_, end_ - begin_); }

private:
    std::string_view line_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace esb::console
