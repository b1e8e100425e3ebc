// The packets of SNTP (RFC 4330, the client's part of RFC 5905): pure bytes.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/net/errors.hpp"

#include <array>
#include <cstdint>

namespace esb::net {

inline constexpr std::size_t sntp_size = 48;  // bytes; a longer answer carries authentication that we do not use
inline constexpr std::uint16_t sntp_port = 123;
// What the question carries as its transmit time: random, so that only who saw it can answer, and so that it tells
// nothing about our clock.
using SntpNonce = std::array<std::uint8_t, 8>;

std::array<std::uint8_t, sntp_size> sntp_request(const SntpNonce& nonce);

// The server's time when it answered, milliseconds since 1970 (the transmit timestamp). Its 32 bits of seconds are taken
// from the 136 years around `pivot`, so that 2036 is no end. sntp.malformed, sntp.foreign; then a kiss-o'-death
// (stratum 0, RFC 5905 §7.4): sntp.too_often for RATE, sntp.denied for DENY and RSTR, sntp.unsynchronized for the
// others; sntp.unsynchronized also for leap indicator 3, strata above 15 and a time of 0.
Result<std::chrono::milliseconds> parse_sntp_reply(ConstBytes packet, const SntpNonce& nonce, UnixTime pivot);

}  // namespace esb::net
