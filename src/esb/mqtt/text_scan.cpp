#include "esb/mqtt/text_scan.hpp"

#include <cstring>

namespace esb::mqtt {
namespace {

// Most of what topics are made of: ASCII behind '+' and '#'.
bool is_plain(std::uint8_t byte) { return byte > '+' && byte < 0x80; }

// A machine word of it at once: with this added the top bit of every byte above '+' is set, and without a top bit among
// them nothing is carried into the next byte.
bool is_plain_word(const std::uint8_t* at) {
    constexpr std::size_t ones = static_cast<std::size_t>(-1) / 0xFF;
    constexpr std::size_t tops = ones * 0x80;
    std::size_t word;
    std::memcpy(&word, at, sizeof word);
    return (~word & (word + ones * (0x7F - '+')) & tops) == tops;
}

const std::uint8_t* skip_plain(const std::uint8_t* at, const std::uint8_t* end) {
    constexpr std::ptrdiff_t step = sizeof(std::size_t);
    while (end - at > step && is_plain_word(at)) at += step;
    while (at != end && is_plain(*at)) ++at;
    return at;
}

}  // namespace

bool TextScan::take(ConstBytes bytes) {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    for (;;) {
        if (left_ == 0) at = skip_plain(at, end);
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
