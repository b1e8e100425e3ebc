// Certificates as people have them: PEM (RFC 7468) to DER.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace esb {

inline constexpr std::size_t pem_max = 4096;  // bytes of text
inline constexpr std::string_view pem_begin = "-----BEGIN ";

// The certificates of a text, as DER one behind another. What stands outside of blocks is passed over, as openssl's
// remarks are; lines may end as they like. pem_malformed: no certificate, a block that is cut off or is none, a DER
// that is not exactly one value of 256 to 65539 bytes; pem_private_key: there is one among them; too_long: more than
// pem_max of text, or than `out` holds, which may then have a part.
Result<ConstBytes> decode_pem(std::string_view text, MutBytes out);

// Base64 with its padding (RFC 4648 §4), blanks and line ends between. pem_malformed, too_long.
Result<ConstBytes> decode_base64(std::string_view text, MutBytes out);
Result<std::string_view> encode_base64(ConstBytes bytes, std::span<char> out);

// One block of PEM, lines of 64 characters, each with its LF. too_long.
Result<std::string_view> encode_pem(std::string_view label, ConstBytes der, std::span<char> out);

// The DER value that `bytes` begins with, as certificates are: a SEQUENCE of two bytes of length (X.690 §8.1.3). Empty
// when it does not.
ConstBytes first_certificate(ConstBytes bytes);

}  // namespace esb
