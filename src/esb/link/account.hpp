// Where a broker is, how it is known, and as whom the device goes there.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/chip/network.hpp"
#include "esb/mqtt/types.hpp"
#include "esb/net/tls_stream.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace esb::link {

// What is known of a broker with a certificate.
struct Certified {
    using Hash = std::array<std::uint8_t, 32>;
    net::TlsTrust trust = net::TlsTrust::psk;
    std::optional<Hash> authority;                           // a certificate of the shelf
    std::array<std::optional<net::SpkiPin>, net::max_pins> pins;
    std::optional<Hash> certificate;                         // the own one, of the shelf too
    FixedString<64> user;
    Secret<128> password;
    friend bool operator==(const Certified&, const Certified&) = default;
    // Whether the broker can be told from others, apart from a pre-shared key.
    bool complete() const {
        return trust == net::TlsTrust::ca ? authority.has_value() : pins[0].has_value() || pins[1].has_value();
    }
};

// What tells MQTT from HTTPS at port 443 (ALPN, RFC 7301): AWS IoT's names, with a certificate of the client's or without.
inline std::span<const char* const> protocol_names(std::uint16_t port, bool own_certificate) {
    static constexpr const char* with_certificate[] = {"x-amzn-mqtt-ca"};
    static constexpr const char* without[] = {"mqtt"};
    if (port != 443) return {};
    return own_certificate ? std::span(with_certificate) : std::span(without);
}

struct Account {
    FixedString<chip::max_host_name> host;
    std::uint16_t port = 8883;
    Identity identity;
    net::Psk psk;
    Identity base;  // topic
#if ESB_CERTIFICATES
    Certified by;
#endif
#if ESB_MQTT5
    mqtt::Version version = mqtt::Version::v3_1_1;
#endif
    friend bool operator==(const Account&, const Account&) = default;
    bool complete() const {
        if (host.empty() || identity.empty()) return false;
#if ESB_CERTIFICATES
        if (by.trust != net::TlsTrust::psk) return by.complete();
#endif
        return !psk.empty();
    }
};

}  // namespace esb::link
