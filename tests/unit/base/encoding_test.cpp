#include "esb/base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace esb;

std::string hex(std::string_view bytes) {
    std::array<char, 64> out{};
    return std::string(hex_encode(as_bytes(bytes), out).value());
}

TEST(Hex, encodes_in_lower_case) {
    EXPECT_EQ(hex(std::string_view("\x00\x0f\xa5\xff", 4)), "000fa5ff");
    EXPECT_EQ(hex(""), "");
}

TEST(Hex, encoding_checks_the_room) {
    std::array<char, 3> out{};
    EXPECT_EQ(hex_encode(as_bytes("ab"), out).error(), errors::too_long);
    EXPECT_EQ(hex_encode(as_bytes("a"), out).value(), "61");
}

TEST(Hex, decodes_both_cases) {
    std::array<std::uint8_t, 4> out{};
    EXPECT_EQ(as_text(hex_decode("4a4B4c4D", out).value()), "JKLM");
    EXPECT_TRUE(hex_decode("", out)->empty());
}

TEST(Hex, decoding_names_the_place_of_the_fault) {
    std::array<std::uint8_t, 4> out{};
    EXPECT_EQ(hex_decode("abc", out).error(), errors::bad_encoding);
    for (const std::size_t at : {0U, 1U, 4U, 7U}) {
        for (const char bad : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\x80'}) {
            std::string text = "00112233";
            text[at] = bad;
            const auto result = hex_decode(text, out);
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error(), errors::bad_encoding);
            EXPECT_EQ(result.error().detail(), static_cast<std::int32_t>(at));
        }
    }
}

TEST(Hex, decoding_checks_the_room) {
    std::array<std::uint8_t, 1> out{};
    EXPECT_EQ(hex_decode("0011", out).error(), errors::too_long);
}

// RFC 4648 §10, without padding.
TEST(Base64url, test_vectors) {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        std::array<char, 8> text{};
        std::array<std::uint8_t, 6> bytes{};
        EXPECT_EQ(base64url_encode(as_bytes(plain), text).value(), coded);
        EXPECT_EQ(as_text(base64url_decode(coded, bytes).value()), plain);
        EXPECT_EQ(base64url_size(plain.size()), coded.size());
    }
}

TEST(Base64url, every_short_length_round_trips_with_exact_buffers) {
    for (std::size_t size = 0; size < 70; ++size) {
        std::vector<std::uint8_t> bytes(size);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(251 * i + size);
        std::vector<char> text(base64url_size(size));
        const auto coded = base64url_encode(bytes, text).value();
        EXPECT_EQ(coded.size(), text.size());
        std::vector<std::uint8_t> back(size);
        EXPECT_TRUE(equal(base64url_decode(coded, back).value(), bytes));
        if (size == 0) continue;
        EXPECT_EQ(base64url_encode(bytes, std::span(text).first(text.size() - 1)).error(), errors::too_long);
        EXPECT_EQ(base64url_decode(coded, MutBytes(back).first(size - 1)).error(), errors::too_long);
    }
}

TEST(Base64url, uses_the_url_alphabet_only) {
    std::array<std::uint8_t, 3> out{};
    EXPECT_TRUE(equal(base64url_decode("-_-_", out).value(), std::array<std::uint8_t, 3>{0xFB, 0xFF, 0xBF}));
    for (const std::string_view bad : {"+A", "/A", "A=", "AA==", "AAA=", "A A", "AA\n", "AA\x80", "a*", "AA.A"}) {
        EXPECT_EQ(base64url_decode(bad, out).error(), errors::bad_encoding) << bad;
    }
}

TEST(Base64url, a_lone_last_digit_is_refused) {
    std::array<std::uint8_t, 8> out{};
    EXPECT_EQ(base64url_decode("A", out).error(), errors::bad_encoding);
    EXPECT_EQ(base64url_decode("AAAAA", out).error(), errors::bad_encoding);
}

// RFC 4648 §3.5: of all last digits only those with zero pad bits are accepted.
TEST(Base64url, non_canonical_trailing_bits_are_refused) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::array<std::uint8_t, 2> out{};
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        const std::string two{'A', alphabet[i]};
        const std::string three{'A', 'A', alphabet[i]};
        EXPECT_EQ(base64url_decode(two, out).has_value(), i % 16 == 0) << two;
        EXPECT_EQ(base64url_decode(three, out).has_value(), i % 4 == 0) << three;
    }
}

// Unicode 15, table 3-7: the first and last of each row, and their neighbors.
TEST(Utf8, well_formed_sequences) {
    for (const std::string_view good : {"",
                                        "a",
                                        "\x7F",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xE0\xBF\xBF",
                                        "\xE1\x80\x80",
                                        "\xEC\xBF\xBF",
                                        "\xED\x80\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF0\xBF\xBF\xBF",
                                        "\xF1\x80\x80\x80",
                                        "\xF3\xBF\xBF\xBF",
                                        "\xF4\x80\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z"}) {
        EXPECT_TRUE(is_utf8(good)) << hex(good);
    }
    EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, ill_formed_sequences) {
    for (const std::string_view bad : {"\x80",
                                       "\xBF",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xC2\x7F",
                                       "\xC2\xC0",
                                       "\xDF\x00",
                                       "\xE0\x9F\xBF",
                                       "\xE0\x80\x80",
                                       "\xE0\xA0",
                                       "\xE1\x80",
                                       "\xE1\x7F\x80",
                                       "\xE1\x80\x7F",
                                       "\xE1\x80\xC0",
                                       "\xED\xA0\x80",
                                       "\xED\xBF\xBF",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF0\x80\x80\x80",
                                       "\xF0\x90\x80",
                                       "\xF1\x80\x80\x7F",
                                       "\xF1\x80\xC0\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xFE",
                                       "\xFF",
                                       "ok\xC2",
                                       "\xF4\xC0\x80\x80"}) {
        EXPECT_FALSE(is_utf8(bad)) << hex(bad);
    }
}

TEST(ParseUnsigned, whole_decimal_numbers_only) {
    EXPECT_EQ(parse_unsigned("0", 0, 10).value(), 0U);
    EXPECT_EQ(parse_unsigned("007", 0, 10).value(), 7U);
    for (const std::string_view bad : {"", " 1", "1 ", "+1", "-1", "0x1", "1.", "1e3", "\xD9\xA1", "1_0"}) {
        EXPECT_EQ(parse_unsigned(bad, 0, 100).error(), errors::bad_encoding) << bad;
    }
    EXPECT_EQ(parse_unsigned(std::string_view("1\0", 2), 0, 100).error(), errors::bad_encoding);
    EXPECT_EQ(parse_unsigned("12x", 0, 100).error().detail(), 2);
}

TEST(ParseUnsigned, keeps_to_its_range) {
    EXPECT_EQ(parse_unsigned("4", 5, 7).error(), errors::out_of_range);
    EXPECT_EQ(parse_unsigned("5", 5, 7).value(), 5U);
    EXPECT_EQ(parse_unsigned("7", 5, 7).value(), 7U);
    EXPECT_EQ(parse_unsigned("8", 5, 7).error(), errors::out_of_range);
}

TEST(ParseUnsigned, overflow_is_out_of_range_not_a_small_number) {
    constexpr auto top = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(parse_unsigned("18446744073709551615", 0, top).value(), top);
    for (const std::string_view big : {"18446744073709551616", "18446744073709551620", "99999999999999999999",
                                       "184467440737095516150", "36893488147419103232000000000000000000000000"}) {
        EXPECT_EQ(parse_unsigned(big, 0, top).error(), errors::out_of_range) << big;
    }
    EXPECT_EQ(parse_unsigned("99999999999999999999x", 0, top).error(), errors::bad_encoding);
    EXPECT_EQ(parse_unsigned(std::string(100, '0') + "5", 0, top).value(), 5U);
}

TEST(ParseSigned, covers_both_ends) {
    constexpr auto low = std::numeric_limits<std::int64_t>::min();
    constexpr auto high = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(parse_signed("-9223372036854775808", low, high).value(), low);
    EXPECT_EQ(parse_signed("9223372036854775807", low, high).value(), high);
    EXPECT_EQ(parse_signed("-9223372036854775809", low, high).error(), errors::out_of_range);
    EXPECT_EQ(parse_signed("9223372036854775808", low, high).error(), errors::out_of_range);
    EXPECT_EQ(parse_signed("-0", low, high).value(), 0);
    EXPECT_EQ(parse_signed("-5", -4, 4).error(), errors::out_of_range);
    EXPECT_EQ(parse_signed("5", -4, 4).error(), errors::out_of_range);
    EXPECT_EQ(parse_signed("-4", -4, 4).value(), -4);
    for (const std::string_view bad : {"", "-", "--1", "+1", "- 1", "1-"}) {
        EXPECT_EQ(parse_signed(bad, low, high).error(), errors::bad_encoding) << bad;
    }
}

TEST(Decimal, both_ends) {
    EXPECT_EQ(decimal(0), "0");
    EXPECT_EQ(decimal(1000), "1000");
    EXPECT_EQ(decimal(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(decimal_signed(0), "0");
    EXPECT_EQ(decimal_signed(-1), "-1");
    EXPECT_EQ(decimal_signed(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(decimal_signed(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
}

TEST(Crc32, check_value_and_continuation) {
    EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32({}), 0U);
    EXPECT_EQ(crc32(as_bytes("56789"), crc32(as_bytes("1234"))), 0xCBF43926U);
}

// ESP-IDF's otadata holds the CRC of sequence number 1 with seed 0xFFFFFFFF.
TEST(Crc32, agrees_with_the_boot_record_of_esp_idf) {
    const std::array<std::uint8_t, 4> sequence{1, 0, 0, 0};
    EXPECT_EQ(crc32(sequence, 0xFFFFFFFFU), 0x4743989AU);
}

}  // namespace
