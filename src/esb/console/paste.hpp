// A text of several lines at the console, where commands would stand otherwise.
#pragma once

#include "esb/base/result.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace esb::console {

// It ends with a line that is only a dot; ^C, or Escape, gives it up. Lines may end as they like, in the text each ends
// with one LF. Takes its memory when it begins, and wipes it.
class Paste {
public:
    static constexpr std::size_t most = 4096;  // bytes
    enum class Event : std::uint8_t { none, whole, given_up };

    Paste() = default;
    ~Paste() { end(); }
    Paste(const Paste&) = delete;
    Paste& operator=(const Paste&) = delete;

    // no_memory; busy while one is being given.
    Status begin();
    bool active() const { return text_ != nullptr; }
    Event take(char byte);
    // After Event::whole. too_long: the text was longer than it may be, and is passed over whole.
    Result<std::string_view> text() const;
    void end();

private:
    void start_over();

    std::unique_ptr<char[]> text_;
    std::size_t size_ = 0;
    std::size_t line_ = 0;  // where the present one begins
    bool too_long_ = false;
    bool after_return_ = false;
};

}  // namespace esb::console
