#include "esb/base/pem.hpp"

#include <algorithm>

namespace esb {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_mark = "-----END CERTIFICATE-----";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

// Base64 with its padding (RFC 4648 §4), blanks between.
Status decode_base64(std::string_view text, ByteWriter& out) {
    std::uint32_t held = 0;
    std::size_t digits = 0, padding = 0;
    for (const char c : text) {
        if (is_blank(c)) continue;
        const int value = value_of(c);
        if (c == '=' && padding < 2) {
            ++padding;
            continue;
        }
        if (value < 0 || padding > 0) return fail(errors::pem_malformed);
        held = held << 6 | static_cast<std::uint32_t>(value);
        if (++digits % 4 != 0) continue;
        for (const int shift : {16, 8, 0}) out.u8(static_cast<std::uint8_t>(held >> shift));
        held = 0;
    }
    const std::size_t left = digits % 4;
    if ((digits + padding) % 4 != 0 || left == 1) return fail(errors::pem_malformed);
    if ((left == 2 && (held & 0x0F) != 0) || (left == 3 && (held & 0x03) != 0)) return fail(errors::pem_malformed);
    if (left == 2) out.u8(static_cast<std::uint8_t>(held >> 4));
    if (left == 3) out.u8(static_cast<std::uint8_t>(held >> 10)).u8(static_cast<std::uint8_t>(held >> 2));
    return out.overflowed() ? Status(fail(errors::too_long)) : Status();
}

// `line_end` after every 64 characters and at the end.
void write_base64(ConstBytes bytes, std::string_view line_end, ByteWriter& out) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::size_t bytes_of_line = 48;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto three = bytes.subspan(at, std::min<std::size_t>(3, bytes.size() - at));
        std::uint32_t held = 0;
        for (std::size_t i = 0; i < 3; ++i) held = held << 8 | (i < three.size() ? three[i] : 0U);
        for (std::size_t i = 0; i < 4; ++i) {
            const auto digit = held >> (18 - 6 * i) & 0x3F;
            out.u8(static_cast<std::uint8_t>(i <= three.size() ? digits[digit] : '='));
        }
        if ((at + 3) % bytes_of_line == 0 || at + 3 >= bytes.size()) out.text(line_end);
    }
}

}  // namespace

Result<std::string_view> encode_pem(std::string_view label, ConstBytes der, std::span<char> out) {
    ByteWriter writer(as_writable_bytes(out));
    writer.text(pem_begin).text(label).text("-----\n");
    write_base64(der, "\n", writer);
    writer.text("-----END ").text(label).text("-----\n");
    if (writer.overflowed()) return fail(errors::too_long);
    return as_text(writer.written());
}

Result<ConstBytes> decode_base64(std::string_view text, MutBytes out) {
    ByteWriter writer(out);
    ESB_TRY(decode_base64(text, writer));
    return writer.written();
}

Result<std::string_view> encode_base64(ConstBytes bytes, std::span<char> out) {
    ByteWriter writer(as_writable_bytes(out));
    write_base64(bytes, {}, writer);
    if (writer.overflowed()) return fail(errors::too_long);
    return as_text(writer.written());
}

ConstBytes first_certificate(ConstBytes bytes) {
    constexpr std::uint8_t sequence = 0x30, two_bytes = 0x82;
    if (bytes.size() < 4 || bytes[0] != sequence || bytes[1] != two_bytes) return {};
    const std::size_t size = 4 + (std::size_t{bytes[2]} << 8 | bytes[3]);
    return size >= 256 && size <= bytes.size() ? bytes.first(size) : ConstBytes();
}

Result<ConstBytes> decode_pem(std::string_view text, MutBytes out) {
    if (text.size() > pem_max) return fail(errors::too_long);
    if (text.find("PRIVATE KEY-----") != std::string_view::npos) return fail(errors::pem_private_key);
    ByteWriter writer(out);
    for (auto at = text.find(pem_begin); at != std::string_view::npos; at = text.find(pem_begin)) {
        text.remove_prefix(at);
        const auto end = text.find(end_mark);
        if (!text.starts_with(begin_mark) || end == std::string_view::npos) return fail(errors::pem_malformed);
        const auto before = writer.size();
        ESB_TRY(decode_base64(text.substr(begin_mark.size(), end - begin_mark.size()), writer));
        const auto der = writer.written().subspan(before);
        if (der.empty() || first_certificate(der).size() != der.size()) return fail(errors::pem_malformed);
        text.remove_prefix(end + end_mark.size());
    }
    if (writer.size() == 0) return fail(errors::pem_malformed);
    return writer.written();
}

}  // namespace esb
