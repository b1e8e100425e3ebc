// Addresses as sockets, the resolver and the radio name them.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::chip {

// An IPv4 or IPv6 address, bytes in network order; IPv4 uses the first four.
struct IpAddress {
    enum class Family : std::uint8_t { none, v4, v6 };
    Family family = Family::none;
    std::array<std::uint8_t, 16> bytes{};

    static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
        return {Family::v4, {a, b, c, d}};
    }
    constexpr bool is_set() const { return family != Family::none; }
    friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;
    friend constexpr bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "127.0.0.1"; IPv6 as eight groups without compression.
FixedString<45> to_text(const IpAddress& address);
// Parses a dotted quad; `bad_encoding` otherwise (IPv6 literals are left to the resolver).
Result<IpAddress> parse_ipv4(std::string_view text);

}  // namespace esb::chip
