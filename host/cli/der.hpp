// Writes DER (X.690), as far as certificates, revocation lists and EST's answers need it, and PEM around it.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace esb::cli::der {

enum Tag : std::uint8_t {
    boolean = 0x01,
    integer_tag = 0x02,
    bit_string_tag = 0x03,
    octet_string_tag = 0x04,
    oid_tag = 0x06,
    utf8_string = 0x0C,
    utc_time = 0x17,
    generalized_time = 0x18,
    sequence_tag = 0x30,
    set_tag = 0x31,
};
constexpr std::uint8_t context(unsigned number) { return static_cast<std::uint8_t>(0x80U | number); }
constexpr std::uint8_t context_constructed(unsigned number) { return static_cast<std::uint8_t>(0xA0U | number); }

std::string element(std::uint8_t tag, std::string_view content);
std::string sequence(std::initializer_list<std::string_view> parts);
std::string set(std::initializer_list<std::string_view> parts);
// An unsigned number, the most significant byte first.
std::string integer(ConstBytes number);
std::string integer(std::uint64_t number);
// `words` is the identifier as it is encoded.
std::string oid(std::string_view words);
// Whole bytes.
std::string bit_string(std::string_view bytes);
std::string octet_string(std::string_view bytes);
// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
std::string time(std::int64_t unix_seconds);

// "-----BEGIN <label>-----" and so on, lines of 64 characters.
std::string pem(std::string_view label, std::string_view der);
// Base64 as MIME has it, lines of 64 characters, each with a line feed.
std::string base64_lines(std::string_view bytes);

}  // namespace esb::cli::der
