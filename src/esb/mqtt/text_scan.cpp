#include "esb/mqtt/text_scan.hpp"

namespace esb::mqtt {

bool TextScan::take(ConstBytes bytes) {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    for (;;) {
        if (left_ == 0) {
            while (at != end && is_plain(*at)) ++at;
        }
        if (at == end) return !bad_;
        take_other(*at++);
    }
}

// RFC 3629, section 4. The second byte is what excludes overlong forms, surrogates and what is above U+10FFFF.
void TextScan::take_other(std::uint8_t byte) {
    if (left_ > 0) {
        bad_ |= byte < low_ || byte > high_;
        low_ = 0x80;
        high_ = 0xBF;
        --left_;
        return;
    }
    if (byte < 0x80) {
        bad_ |= byte == 0;
        wildcard_ |= byte == '+' || byte == '#';
        return;
    }
    bad_ |= byte < 0xC2 || byte > 0xF4;
    left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
}

}  // namespace esb::mqtt
