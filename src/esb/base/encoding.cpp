#include "esb/base/encoding.hpp"

#include <array>
#include <limits>

namespace esb {
namespace {

constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int base64url_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    if (c == '_') return 63;
    return -1;
}

}  // namespace

Result<std::string_view> hex_encode(ConstBytes bytes, std::span<char> out) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (out.size() < 2 * bytes.size()) return fail(errors::too_long);
    std::size_t at = 0;
    for (const auto byte : bytes) {
        out[at++] = digits[byte >> 4];
        out[at++] = digits[byte & 0x0F];
    }
    return std::string_view(out.data(), at);
}

Result<ConstBytes> hex_decode(std::string_view text, MutBytes out) {
    if (text.size() % 2 != 0) return fail(errors::bad_encoding, static_cast<std::int32_t>(text.size()));
    if (text.size() / 2 > out.size()) return fail(errors::too_long);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fail(errors::bad_encoding, static_cast<std::int32_t>(high < 0 ? i : i + 1));
        out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return out.first(text.size() / 2);
}

Result<ConstBytes> base64url_decode(std::string_view text, MutBytes out) {
    if (text.size() % 4 == 1) return fail(errors::bad_encoding, static_cast<std::int32_t>(text.size()));
    if (text.size() * 3 / 4 > out.size()) return fail(errors::too_long);
    std::uint32_t held = 0;
    unsigned bits = 0;
    std::size_t used = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int value = base64url_value(text[i]);
        if (value < 0) return fail(errors::bad_encoding, static_cast<std::int32_t>(i));
        held = (held << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[used++] = static_cast<std::uint8_t>((held >> bits) & 0xFF);
        }
    }
    // Canonical form only: two texts must never mean the same bytes (RFC 4648 §3.5).
    if ((held & ((1U << bits) - 1)) != 0) return fail(errors::bad_encoding, static_cast<std::int32_t>(text.size()));
    return out.first(used);
}

Result<std::string_view> base64url_encode(ConstBytes bytes, std::span<char> out) {
    if (out.size() < base64url_size(bytes.size())) return fail(errors::too_long);
    std::uint32_t held = 0;
    unsigned bits = 0;
    std::size_t used = 0;
    for (const auto byte : bytes) {
        held = (held << 8) | byte;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            out[used++] = base64url_alphabet[(held >> bits) & 0x3F];
        }
    }
    if (bits > 0) out[used++] = base64url_alphabet[(held << (6 - bits)) & 0x3F];
    return std::string_view(out.data(), used);
}

std::size_t utf8_size(std::string_view text) {
    const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
    const auto tail = [&at](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
    if (text.empty()) return 0;
    const unsigned first = at(0);
    const unsigned second = at(1);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0 && second < 0xA0) return 0;
        if (first == 0xED && second > 0x9F) return 0;
        return tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0 && second < 0x90) return 0;
        if (first == 0xF4 && second > 0x8F) return 0;
        return tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = utf8_size(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

Result<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t low, std::uint64_t high) {
    if (text.empty()) return fail(errors::bad_encoding);
    std::uint64_t value = 0;
    bool overflow = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] < '0' || text[i] > '9') return fail(errors::bad_encoding, static_cast<std::int32_t>(i));
        const auto digit = static_cast<std::uint64_t>(text[i] - '0');
        overflow = overflow || value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
        value = value * 10 + digit;
    }
    if (overflow || value < low || value > high) return fail(errors::out_of_range);
    return value;
}

Result<std::int64_t> parse_signed(std::string_view text, std::int64_t low, std::int64_t high) {
    constexpr auto top = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    const auto magnitude = parse_unsigned(text, 0, negative ? top + 1 : top);
    if (!magnitude) return fail(magnitude.error());
    const auto value = static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
    if (value < low || value > high) return fail(errors::out_of_range);
    return value;
}

FixedString<20> decimal(std::uint64_t value) {
    std::array<char, 20> digits;
    std::size_t at = digits.size();
    do {
        digits[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    FixedString<20> text;
    static_cast<void>(text.assign({digits.data() + at, digits.size() - at}));
    return text;
}

FixedString<20> decimal_signed(std::int64_t value) {
    if (value >= 0) return decimal(static_cast<std::uint64_t>(value));
    FixedString<20> text;
    static_cast<void>(text.append('-'));
    static_cast<void>(text.append(decimal(0 - static_cast<std::uint64_t>(value))));
    return text;
}

}  // namespace esb
