#include "esb/mqtt/text_scan.hpp"

#include <cstring>

namespace esb::mqtt {
namespace {

bool is_plain(std::uint8_t byte) { return byte > '+' && byte < 0x80; }

// A machine word at a time. With `step` added to every byte its top bit is set above '+', and without a top bit among
// them nothing is carried into the next byte.
constexpr std::size_t ones = static_cast<std::size_t>(-1) / 0xFF;
constexpr std::size_t tops = ones * 0x80;
constexpr std::size_t step = ones * (0x7F - '+');

bool all_plain(const std::uint8_t* at, const std::uint8_t* last_word) {
    std::size_t word;
    std::memcpy(&word, last_word, sizeof word);  // it may overlap the one before
    std::size_t any = word;
    std::size_t all = word + step;
    for (; at < last_word; at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        any |= word;
        all &= word + step;
    }
    return (all & ~any & tops) == tops;
}

}  // namespace

std::size_t plain_prefix(ConstBytes bytes) {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    if (bytes.size() >= sizeof(std::size_t) && all_plain(at, end - sizeof(std::size_t))) return bytes.size();
    while (at != end && is_plain(*at)) ++at;
    return static_cast<std::size_t>(at - bytes.data());
}

bool TextScan::take_all(ConstBytes bytes) {
    for (const std::uint8_t byte : bytes) take_one(byte);
    return !bad_;
}

// RFC 3629, section 4. The second byte is what excludes overlong forms, surrogates and what is above U+10FFFF.
inline void TextScan::take_one(std::uint8_t byte) {
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
