#include "esb/base/encoding.hpp"
#include "esb/chip/network.hpp"
#include "esb/chip/radio.hpp"

namespace esb::chip {

std::string_view name(Auth auth) {
    constexpr std::string_view names[] = {"open", "wep", "wpa", "wpa2", "wpa2/wpa3", "wpa3", "enterprise", "unknown"};
    return names[static_cast<std::size_t>(auth)];
}

std::string_view name(DisconnectReason reason) {
    constexpr std::string_view names[] = {"unknown",      "requested",           "network not found",
                                          "wrong password", "authentication refused", "association refused",
                                          "signal lost",  "closed by the access point", "no address"};
    return names[static_cast<std::size_t>(reason)];
}

FixedString<45> to_text(const IpAddress& address) {
    FixedString<45> text;
    const auto add = [&text](std::string_view piece) { static_cast<void>(text.append(piece)); };
    if (address.family == IpAddress::Family::v4) {
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0) add(".");
            add(decimal(address.bytes[i]));
        }
    } else if (address.family == IpAddress::Family::v6) {
        for (std::size_t i = 0; i < 16; i += 2) {
            char digits[4];
            if (i > 0) add(":");
            add(*hex_encode({address.bytes.data() + i, 2}, digits));
        }
    }
    return text;
}

Result<IpAddress> parse_ipv4(std::string_view text) {
    IpAddress address{IpAddress::Family::v4, {}};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) return fail(errors::bad_encoding);
        const auto digits = text.substr(0, dot);
        const auto part = parse_unsigned(digits, 0, 255);
        // Some readers take 010 for 8.
        if (!part || (digits.size() > 1 && digits.front() == '0')) return fail(errors::bad_encoding);
        address.bytes[i] = static_cast<std::uint8_t>(*part);
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return address;
}

}  // namespace esb::chip
