// Hex, base64url without padding (RFC 4648 §5), UTF-8 checks, decimal numbers. No heap, no locale.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/crc32.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace esb {

// Writes 2 * bytes.size() lower-case hex digits; `too_long` if `out` is smaller.
Result<std::string_view> hex_encode(ConstBytes bytes, std::span<char> out);
// Decodes an even number of hex digits of either case. Returns the bytes written (`out` from its start).
// `bad_encoding` with the offset as detail, or `too_long`; `out` may then hold a part.
Result<ConstBytes> hex_decode(std::string_view text, MutBytes out);

// Decodes unpadded base64url; rejects padding, foreign characters and non-zero trailing bits.
Result<ConstBytes> base64url_decode(std::string_view text, MutBytes out);
Result<std::string_view> base64url_encode(ConstBytes bytes, std::span<char> out);
constexpr std::size_t base64url_size(std::size_t bytes) { return (bytes * 4 + 2) / 3; }

// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7: no surrogates, no overlong forms); 0 if
// there is none.
std::size_t utf8_size(std::string_view text);
// True for well-formed UTF-8.
bool is_utf8(std::string_view text);

// A whole decimal number, digits only (one leading '-' for the signed form), no spaces, no leading '+'.
// `bad_encoding`, or `out_of_range` when it does not lie in [low, high].
Result<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t low, std::uint64_t high);
Result<std::int64_t> parse_signed(std::string_view text, std::int64_t low, std::int64_t high);

// Decimal digits of a number, for building lines without printf.
FixedString<20> decimal(std::uint64_t value);
FixedString<20> decimal_signed(std::int64_t value);

}  // namespace esb
