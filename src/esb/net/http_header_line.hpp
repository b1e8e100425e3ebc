// One header line, put together from the pieces in which http_parser gives it.
#pragma once

#include "esb/base/ascii.hpp"
#include "esb/base/fixed.hpp"

namespace esb::net {

// `N`: bytes of the value that are kept.
template <std::size_t N>
class HttpHeaderLine {
public:
    void add_name(std::string_view piece) { too_long_name_ = too_long_name_ || !name_.append(piece); }
    // True the first time, when the first piece of the value is there.
    bool end_name() {
        const bool first = !name_ended_;
        name_ended_ = true;
        return first;
    }
    void add_value(std::string_view piece) {
        const auto fits = piece.substr(0, N - value_.size());
        static_cast<void>(value_.append(fits));
        overflowed_ = overflowed_ || fits.size() < piece.size();
    }

    // The value has begun: what is called a name next is the next line's.
    bool name_ended() const { return name_ended_; }
    bool is(std::string_view name) const { return !too_long_name_ && equal_ignoring_case(name_, name); }
    std::string_view value() const { return trim_blanks(value_); }
    // The value is longer than what was kept.
    bool overflowed() const { return overflowed_; }
    void clear() {
        name_.clear();
        value_.clear();
        name_ended_ = too_long_name_ = overflowed_ = false;
    }

private:
    FixedString<20> name_;  // one that is too long for us is none of ours
    FixedString<N> value_;
    bool name_ended_ = false;
    bool too_long_name_ = false;
    bool overflowed_ = false;
};

}  // namespace esb::net
