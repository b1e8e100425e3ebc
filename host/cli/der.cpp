#include "host/cli/der.hpp"

#include <array>
#include <ctime>

namespace esb::cli::der {
namespace {

std::string length(std::size_t size) {
    if (size < 0x80) return {static_cast<char>(size)};
    std::string bytes;
    for (; size > 0; size >>= 8U) bytes.insert(bytes.begin(), static_cast<char>(size & 0xFFU));
    bytes.insert(bytes.begin(), static_cast<char>(0x80U | bytes.size()));
    return bytes;
}

std::string together(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const auto part : parts) all += part;
    return all;
}

}  // namespace

std::string element(std::uint8_t tag, std::string_view content) {
    return std::string(1, static_cast<char>(tag)) + length(content.size()) + std::string(content);
}

std::string sequence(std::initializer_list<std::string_view> parts) { return element(sequence_tag, together(parts)); }
std::string set(std::initializer_list<std::string_view> parts) { return element(set_tag, together(parts)); }

std::string integer(ConstBytes number) {
    while (number.size() > 1 && number.front() == 0) number = number.subspan(1);
    std::string content(as_text(number));
    if (content.empty() || (static_cast<unsigned char>(content.front()) & 0x80U) != 0) content.insert(0, 1, '\0');
    return element(integer_tag, content);
}

std::string integer(std::uint64_t number) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t at = bytes.size(); at-- > 0; number >>= 8U) bytes[at] = static_cast<std::uint8_t>(number & 0xFFU);
    return integer(ConstBytes(bytes));
}

std::string oid(std::string_view words) { return element(oid_tag, words); }
std::string bit_string(std::string_view bytes) {
    return element(bit_string_tag, std::string(1, '\0') + std::string(bytes));
}
std::string octet_string(std::string_view bytes) { return element(octet_string_tag, bytes); }

std::string time(std::int64_t unix_seconds) {
    const auto seconds = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    const bool two_digits = parts.tm_year < 150;  // since 1900
    std::array<char, 32> text{};
    const auto size = std::strftime(text.data(), text.size(), two_digits ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &parts);
    return element(two_digits ? utc_time : generalized_time, {text.data(), size});
}

std::string base64_lines(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::size_t bytes_in_line = 48;
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto byte = [&](std::size_t i) {
            return at + i < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) : 0U;
        };
        const std::uint32_t three = byte(0) << 16U | byte(1) << 8U | byte(2);
        for (unsigned i = 0; i < 4; ++i) {
            const bool padding = at + i > bytes.size();
            text += padding ? '=' : digits[three >> (18U - 6U * i) & 63U];
        }
        const bool line_full = (at + 3) % bytes_in_line == 0;
        if (line_full || at + 3 >= bytes.size()) text += '\n';
    }
    return text;
}

std::string pem(std::string_view label, std::string_view der) {
    const std::string name(label);
    return "-----BEGIN " + name + "-----\n" + base64_lines(der) + "-----END " + name + "-----\n";
}

}  // namespace esb::cli::der
