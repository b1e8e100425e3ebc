// How a TLS connection knows the other side, and what it says of itself. Knows no library.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::net {

using Psk = Secret<64>;
using ClientKey = Secret<32>;                // the private number of a P-256 key pair
using SpkiPin = std::array<std::uint8_t, 32>;  // SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4)

inline constexpr std::size_t max_pins = 2;
inline constexpr std::size_t max_authorities = 3072;      // bytes of DER: what 4 KB of PEM can hold
inline constexpr std::size_t max_own_certificates = 2048;  // bytes of DER
inline constexpr std::size_t max_server_chain = 4064;  // bytes of DER, so that a record of 4 KB holds the message
inline constexpr std::size_t max_alpn = 2;

// What a certificate's dates are compared with.
struct CertificateTime {
    UnixTime time{};
    bool exact = false;  // false: the clock is not set, but it cannot be earlier than that
};

// What a handshake with certificates asks its owner for. Nobody holds it in between: certificates are long.
class TlsCredentials {
public:
    virtual ~TlsCredentials() = default;

    // The trusted authorities: DER certificates, one behind another. `room` has max_authorities bytes; the answer may
    // lie there or anywhere else where it stays until the call after this one. Asked for with TlsTrust::ca only.
    virtual Result<ConstBytes> authorities(MutBytes room) = 0;
    // Of a client of web servers: their keys, in place of authorities.
    virtual FixedVector<SpkiPin, max_pins> pins() { return {}; }
    // The own certificate, first, and those that lead up from it; empty: there is none. `room` has max_own_certificates.
    virtual Result<ConstBytes> own_certificates(MutBytes) { return ConstBytes(); }
    // Its key, asked for when there is such a certificate.
    virtual Result<ClientKey> own_key() { return ClientKey(); }
    virtual CertificateTime time() const = 0;
    // Where a session may be kept for a later handshake with the same peer (net/tls_session.hpp); empty: none is. Has to
    // stay there while a TlsStream may use it. What is in it is as secret as a key.
    virtual MutBytes session_room() { return {}; }
};

enum class TlsTrust : std::uint8_t {
    psk,  // both sides have the same secret key
    ca,   // the other side's certificate leads up to one of the authorities
    pin,  // its public key is one of the pins; who has signed its certificate does not matter
};

// With certificates the host's name is always checked, the dates as far as they are known, and nothing turns that off.
// Offered are ECDHE-ECDSA and ECDHE-RSA with ChaCha20-Poly1305 or AES-GCM.
// With a pre-shared key: ECDHE-PSK-CHACHA20-POLY1305, then ECDHE-PSK-AES-CBC-SHA256/384 with encrypt-then-MAC (RFC 7905,
// 5489, 7366): forward secrecy always. `allow_plain_psk` adds PSK-AES-GCM (RFC 5487), which has none.
struct TlsConfig {
    std::string_view identity = {};  // psk: 1..128 bytes, copied by configure()
    ConstBytes key = {};             // psk: 16..64 bytes, copied; Mbed TLS as the platform builds it may stop at 32
    bool allow_plain_psk = false;

    TlsTrust trust = TlsTrust::psk;
    std::span<const SpkiPin> pins = {};        // pin: 1 or 2, copied
    TlsCredentials* credentials = nullptr;     // ca, pin: needed; asked in each handshake
    std::span<const char* const> alpn = {};    // names that are there for ever (RFC 7301), at most max_alpn
};

}  // namespace esb::net
