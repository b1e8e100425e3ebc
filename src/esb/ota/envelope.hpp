// The signed envelope: compact JWS (RFC 7515), ES256 only, with nothing optional.
#pragma once

#include "esb/crypto/crypto.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::ota {

inline constexpr std::size_t envelope_max = 3500;  // bytes; fits one KeyValue entry

// esb-update, esb-command, esb-keys, esb-config
enum class EnvelopeType : std::uint8_t { update, command, keys, config };

struct Envelope {
    EnvelopeType type;
    KeyId kid;
    ConstBytes payload;     // verified, not yet parsed; lies in the buffer given to open_envelope
    crypto::Digest digest;  // SHA-256 of the payload: the envelope's identity
};

// Checks form, header and signature, in that order; the payload is parsed by nobody before the signature is verified.
// `buffer` receives header and payload: at least envelope_max * 3 / 4 bytes.
// envelope_*, key_unknown, bad_signature, json_*.
Result<Envelope> open_envelope(std::string_view compact, const Keyring& keys, MutBytes buffer);

}  // namespace esb::ota
