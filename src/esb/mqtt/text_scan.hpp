// Looks at the bytes of a topic as they come, once: UTF-8, NUL and wildcards in the same pass.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>

namespace esb::mqtt {

// How many bytes at the front are what topics are mostly made of: ASCII behind '+' and '#'.
std::size_t plain_prefix(ConstBytes bytes);

// Well-formed UTF-8 without surrogates and NUL (MQTT-1.5.3-1, -2). Pieces may be cut anywhere.
class TextScan {
public:
    // False as soon as no text can begin like this; and from then on.
    bool take(ConstBytes bytes) {
        const std::size_t plain = left_ == 0 ? plain_prefix(bytes) : 0;
        return plain == bytes.size() ? !bad_ : take_all(bytes.subspan(plain));
    }
    // The text may end here.
    bool complete() const { return !bad_ && left_ == 0; }
    // A '+' or '#' was among the bytes.
    bool wildcard() const { return wildcard_; }

private:
    bool take_all(ConstBytes bytes);
    void take_one(std::uint8_t byte);

    std::uint8_t left_ = 0;  // bytes that the character at hand still needs
    std::uint8_t low_ = 0;   // what its next byte is at least, and ...
    std::uint8_t high_ = 0;  // ... at most
    bool bad_ = false;
    bool wildcard_ = false;
};

}  // namespace esb::mqtt
