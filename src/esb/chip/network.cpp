#include "esb/chip/network.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>

namespace esb::chip {
namespace {

constexpr std::size_t groups = 8;
using Groups = std::array<std::uint16_t, groups>;

Groups groups_of(const IpAddress& address) {
    Groups made{};
    for (std::size_t i = 0; i < groups; ++i) {
        made[i] = static_cast<std::uint16_t>(address.bytes[2 * i] << 8 | address.bytes[2 * i + 1]);
    }
    return made;
}

// The first of the longest runs of zeros, of two groups at least; RFC 5952 §4.2.
struct Run {
    std::size_t begin = groups, size = 0;
};
Run longest_zeros(const Groups& all) {
    Run best;
    for (std::size_t begin = 0; begin < groups; ++begin) {
        std::size_t end = begin;
        while (end < groups && all[end] == 0) ++end;
        if (end - begin >= 2 && end - begin > best.size) best = {begin, end - begin};
    }
    return best;
}

void add_group(FixedString<45>& text, std::uint16_t group) {
    constexpr std::string_view digits = "0123456789abcdef";
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        const auto digit = static_cast<std::size_t>(group >> shift & 0xF);
        begun = begun || digit != 0 || shift == 0;
        if (begun) static_cast<void>(text.append(digits.substr(digit, 1)));
    }
}

void add_ipv6(FixedString<45>& text, const Groups& all) {
    const auto zeros = longest_zeros(all);
    for (std::size_t i = 0; i < groups; ++i) {
        if (i == zeros.begin) {
            static_cast<void>(text.append("::"));
            i += zeros.size - 1;
            continue;
        }
        if (i > 0 && i != zeros.begin + zeros.size) static_cast<void>(text.append(":"));
        add_group(text, all[i]);
    }
}

// One to four hexadecimal digits off the front.
Result<std::uint16_t> take_group(std::string_view& text) {
    const auto end = std::min(text.find_first_of(":."), text.size());
    std::array<std::uint8_t, 2> bytes{};
    if (end == 0 || end > 4) return fail(errors::bad_encoding);
    std::array<char, 4> digits{'0', '0', '0', '0'};
    std::copy_n(text.begin(), end, digits.end() - static_cast<std::ptrdiff_t>(end));
    if (!hex_decode({digits.data(), digits.size()}, bytes)) return fail(errors::bad_encoding);
    text.remove_prefix(end);
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

// What is collected from left to right; where "::" stood, zeros are filled in at the end.
struct Ipv6Text {
    IpAddress address{IpAddress::Family::v6, {}};
    std::size_t size = 0;          // bytes that are there
    std::optional<std::size_t> gap;  // where the zeros go

    Status add(ConstBytes bytes) {
        if (size + bytes.size() > address.bytes.size()) return fail(errors::bad_encoding);
        copy(bytes, MutBytes(address.bytes).subspan(size));
        size += bytes.size();
        return {};
    }
    Result<IpAddress> fill() {
        const auto missing = address.bytes.size() - size;
        if (gap.has_value() != (missing > 0)) return fail(errors::bad_encoding);
        if (!gap) return address;
        const auto begin = address.bytes.begin() + static_cast<std::ptrdiff_t>(*gap);
        std::rotate(begin, address.bytes.begin() + static_cast<std::ptrdiff_t>(size), address.bytes.end());
        return address;
    }
};

}  // namespace

FixedString<45> to_text(const IpAddress& address) {
    FixedString<45> text;
    if (address.family == IpAddress::Family::v6) add_ipv6(text, groups_of(address));
    if (address.family != IpAddress::Family::v4) return text;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) static_cast<void>(text.append("."));
        static_cast<void>(text.append(decimal(address.bytes[i])));
    }
    return text;
}

Result<IpAddress> parse_ipv4(std::string_view text) {
    IpAddress address{IpAddress::Family::v4, {}};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) return fail(errors::bad_encoding);
        const auto digits = text.substr(0, dot);
        const auto part = parse_unsigned(digits, 0, 255);
        // Some readers take 010 for 8.
        if (!part || (digits.size() > 1 && digits.front() == '0')) return fail(errors::bad_encoding);
        address.bytes[i] = static_cast<std::uint8_t>(*part);
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return address;
}

Result<IpAddress> parse_ipv6(std::string_view text) {
    Ipv6Text collected;
    if (text.starts_with("::")) {
        collected.gap = 0;
        text.remove_prefix(2);
        if (text.empty()) return collected.fill();
    }
    while (true) {
        if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            const auto last = parse_ipv4(text);
            if (!last) return last;
            ESB_TRY(collected.add(ConstBytes(last->bytes).first(4)));
            return collected.fill();
        }
        const auto group = take_group(text);
        if (!group) return fail(group.error());
        const std::uint8_t bytes[] = {static_cast<std::uint8_t>(*group >> 8), static_cast<std::uint8_t>(*group)};
        ESB_TRY(collected.add(bytes));
        if (text.empty()) return collected.fill();
        if (text.front() != ':') return fail(errors::bad_encoding);
        text.remove_prefix(1);
        if (!text.starts_with(':')) continue;
        if (collected.gap) return fail(errors::bad_encoding);
        collected.gap = collected.size;
        text.remove_prefix(1);
        if (text.empty()) return collected.fill();
    }
}

Result<IpAddress> parse_ip(std::string_view text) {
    return text.find(':') == std::string_view::npos ? parse_ipv4(text) : parse_ipv6(text);
}

}  // namespace esb::chip
