// Addresses as sockets, the resolver and the radio name them.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::chip {

inline constexpr std::size_t max_host_name = 253;  // bytes, RFC 1035 §2.3.4 without the root

// An IPv4 or IPv6 address, bytes in network order; IPv4 uses the first four.
struct IpAddress {
    enum class Family : std::uint8_t { none, v4, v6 };  // none: no address
    Family family = Family::none;                       // which of the bytes count
    std::array<std::uint8_t, 16> bytes{};               // network order; of IPv4 the first four

    static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {  // a.b.c.d
        return {Family::v4, {a, b, c, d}};
    }
    constexpr bool is_set() const { return family != Family::none; }  // it is an address
    friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {            // where somebody listens
    IpAddress address;       // a host
    std::uint16_t port = 0;  // of TCP or UDP
    friend constexpr bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct AddressConfig {                         // all zero = DHCP
    IpAddress address, netmask, gateway, dns;  // IPv4; the name server may be missing
    friend bool operator==(const AddressConfig&, const AddressConfig&) = default;
};

// "127.0.0.1"; IPv6 in its one short form (RFC 5952).
FixedString<45> to_text(const IpAddress& address);
// Parses a dotted quad; `bad_encoding` otherwise.
Result<IpAddress> parse_ipv4(std::string_view text);
// Any text form of an IPv6 address (RFC 4291 §2.2), without a zone; `bad_encoding` otherwise.
Result<IpAddress> parse_ipv6(std::string_view text);
// Either.
Result<IpAddress> parse_ip(std::string_view text);

}  // namespace esb::chip
