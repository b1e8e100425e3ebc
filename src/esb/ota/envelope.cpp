#include "esb/ota/envelope.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/json.hpp"

#include <array>
#include <span>

namespace esb::ota {
namespace {

constexpr std::size_t header_max = 256;  // bytes; ours has 53
constexpr std::size_t signature_size = 64;

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  // header "." payload
};

Result<Parts> split(std::string_view compact) {
    if (compact.size() > envelope_max) return fail(errors::envelope_too_large);
    const auto first = compact.find('.');
    if (first == std::string_view::npos) return fail(errors::envelope_malformed);
    const auto second = compact.find('.', first + 1);
    if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) {
        return fail(errors::envelope_malformed);
    }
    return Parts{compact.substr(0, first), compact.substr(first + 1, second - first - 1), compact.substr(second + 1),
                 compact.substr(0, second)};
}

Result<EnvelopeType> envelope_type(std::string_view typ) {
    if (typ == "esb-update") return EnvelopeType::update;
    if (typ == "esb-command") return EnvelopeType::command;
    if (typ == "esb-keys") return EnvelopeType::keys;
    if (typ == "esb-config") return EnvelopeType::config;
    return fail(errors::envelope_typ);
}

bool is_ours(std::string_view member) { return member == "alg" || member == "kid" || member == "typ"; }

struct Header {
    EnvelopeType type;
    const TrustedKey* key;
};

// The order decides which name a refusal gets: the algorithm, foreign members, the type, the key.
Result<Header> judge_header(JsonValue header, const Keyring& keys) {
    if (!header.is_object()) return fail(errors::envelope_header);
    const auto alg = header["alg"].text();
    if (!alg || *alg != "ES256") return fail(errors::envelope_alg);
    for (JsonValue member = header.first(); member.is_present(); member = member.next()) {
        if (!is_ours(member.name())) return fail(errors::envelope_header);
    }
    const auto typ = header["typ"].text();
    if (!typ) return fail(errors::envelope_typ);
    const auto type = envelope_type(*typ);
    if (!type) return fail(type.error());
    const auto kid = header["kid"].text();
    if (!kid) return fail(errors::envelope_header);
    const TrustedKey* const key = keys.find(*kid);
    if (key == nullptr) return fail(errors::key_unknown);
    return Header{*type, key};
}

Result<Header> open_header(std::string_view encoded, const Keyring& keys) {
    std::array<std::uint8_t, header_max> bytes{};
    const auto decoded = base64url_decode(encoded, bytes);
    if (!decoded) return fail(errors::envelope_malformed);
    const auto document = JsonDocument::parse(*decoded, {.max_size = header_max, .max_depth = 3});
    if (!document) return fail(document.error());
    return judge_header(document->root(), keys);
}

Status verify(const Parts& parts, const crypto::P256PublicKey& key) {
    std::array<std::uint8_t, signature_size> signature{};
    // Exactly the one encoding of 64 bytes (RFC 7518 §3.4): no second spelling of a signature passes.
    if (parts.signature.size() != base64url_size(signature_size) || !base64url_decode(parts.signature, signature)) {
        return fail(errors::envelope_malformed);
    }
    return crypto::verify_es256(key, as_bytes(parts.signed_text), signature);
}

}  // namespace

Result<Envelope> open_envelope(std::string_view compact, const Keyring& keys, MutBytes buffer) {
    const auto parts = split(bare_text(compact));
    if (!parts) return fail(parts.error());
    const auto header = open_header(parts->header, keys);
    if (!header) return fail(header.error());
    ESB_TRY(verify(*parts, header->key->key));
    const auto payload = base64url_decode(parts->payload, buffer);
    if (!payload) return fail(errors::envelope_malformed);
    return Envelope{header->type, header->key->kid, *payload, crypto::sha256(*payload)};
}

}  // namespace esb::ota
