#include "esb/base/pem.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb {
namespace {

std::vector<std::uint8_t> der(std::size_t body, std::uint8_t fill) {
    std::vector<std::uint8_t> bytes{0x30, 0x82, static_cast<std::uint8_t>(body >> 8), static_cast<std::uint8_t>(body)};
    bytes.insert(bytes.end(), body, fill);
    return bytes;
}
std::string pem(const std::vector<std::uint8_t>& bytes, std::string_view label = "CERTIFICATE") {
    std::array<char, 8192> text;
    return std::string(*encode_pem(label, bytes, text));
}
std::string_view outcome(std::string_view text, std::size_t room = 3072) {
    std::array<std::uint8_t, 3072> out;
    const auto decoded = decode_pem(text, MutBytes(out).first(room));
    return decoded ? "" : decoded.error().name();
}

TEST(Pem, what_was_written_is_read) {
    for (std::size_t body = 252; body < 260; ++body) {
        const auto one = der(body, 0xA5);
        std::array<std::uint8_t, 3072> out;
        const auto decoded = decode_pem(pem(one), out);
        ASSERT_TRUE(decoded) << body;
        EXPECT_TRUE(equal(*decoded, one));
    }
}

TEST(Pem, several_certificates_stand_one_behind_another_whatever_is_between_them) {
    const auto one = der(300, 1), two = der(400, 2);
    std::string text = "subject=CN = root\n" + pem(one) + "\n # the next\r\n" + pem(two) + "the end";
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\r\n");
    std::array<std::uint8_t, 3072> out;
    const auto decoded = decode_pem(text, out);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(equal(first_certificate(*decoded), one));
    EXPECT_TRUE(equal(first_certificate(decoded->subspan(one.size())), two));
}

TEST(Pem, what_is_none_is_refused_by_name) {
    const auto good = pem(der(300, 7));
    EXPECT_EQ(outcome(good), "");
    EXPECT_EQ(outcome(""), "pem.malformed");
    EXPECT_EQ(outcome("hello"), "pem.malformed");
    for (std::size_t size = 1; size + 2 < good.size(); size += 7) {
        EXPECT_EQ(outcome(good.substr(0, size)), "pem.malformed") << size;
    }
    auto odd = good;
    odd[odd.size() / 2] = '*';
    EXPECT_EQ(outcome(odd), "pem.malformed");
    auto padded = good;
    padded.insert(good.size() / 2, "=");
    EXPECT_EQ(outcome(padded), "pem.malformed");
    EXPECT_EQ(outcome(pem(der(300, 7), "PRIVATE KEY")), "pem.private_key");
    EXPECT_EQ(outcome(good + pem(der(300, 7), "EC PRIVATE KEY")), "pem.private_key");
    EXPECT_EQ(outcome(pem(der(300, 7), "PUBLIC KEY")), "pem.malformed");
    auto short_one = der(300, 7);
    short_one.pop_back();
    EXPECT_EQ(outcome(pem(short_one)), "pem.malformed");
    EXPECT_EQ(outcome(pem({0x30, 0x03, 1, 2, 3})), "pem.malformed");
}

TEST(Pem, what_is_too_long_is_refused) {
    EXPECT_EQ(outcome(pem(der(300, 7)), 303), "too_long");
    EXPECT_EQ(outcome(pem(der(300, 7)), 304), "");
    EXPECT_EQ(outcome(pem(der(300, 7)) + std::string(4096, ' ')), "too_long");
}

}  // namespace
}  // namespace esb
