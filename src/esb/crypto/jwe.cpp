#include "esb/crypto/jwe.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"

#include <array>

namespace esb::crypto {
namespace {

constexpr std::size_t header_max = 320;  // bytes; ours has 163
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

struct JweParts {
    std::string_view header, key, nonce, ciphertext, tag;
};

Result<JweParts> split(std::string_view compact) {
    if (compact.size() > jwe_max) return fail(errors::jwe_malformed);
    std::array<std::string_view, 5> part;
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto dot = compact.find('.');
        const bool last = i + 1 == part.size();
        if ((dot == std::string_view::npos) != last) return fail(errors::jwe_malformed);
        part[i] = compact.substr(0, dot);
        if (!last) compact.remove_prefix(dot + 1);
    }
    // Agreed on directly: there is no encrypted key (RFC 7518 §4.6).
    if (!part[1].empty()) return fail(errors::jwe_malformed);
    return JweParts{part[0], part[1], part[2], part[3], part[4]};
}

// Exactly one spelling of exactly that many bytes.
Status decode(std::string_view text, MutBytes out) {
    if (text.size() != base64url_size(out.size()) || !base64url_decode(text, out)) return fail(errors::jwe_malformed);
    return {};
}

bool says(const JsonValue& object, const char* member, std::string_view value) {
    return object[member].text().value_or(std::string_view()) == value;
}

Result<P256PublicKey> judge_header(const JsonValue& header) {
    const auto epk = header["epk"];
    const bool ours = header.is_object() && header.size() == 3 && says(header, "alg", "ECDH-ES") &&
                      says(header, "enc", "A256GCM") && epk.is_object() && epk.size() == 4 && says(epk, "kty", "EC") &&
                      says(epk, "crv", "P-256");
    if (!ours) return fail(errors::jwe_header);
    P256PublicKey key;
    if (!decode(epk["x"].text().value_or(std::string_view()), key.x) ||
        !decode(epk["y"].text().value_or(std::string_view()), key.y)) {
        return fail(errors::jwe_header);
    }
    return key;
}

Result<P256PublicKey> open_header(std::string_view encoded) {
    std::array<std::uint8_t, header_max> bytes{};
    const auto decoded = base64url_decode(encoded, bytes);
    if (!decoded) return fail(errors::jwe_malformed);
    const auto document = JsonDocument::parse(*decoded, {.max_size = header_max, .max_depth = 2});
    if (!document) return fail(document.error());
    return judge_header(document->root());
}

}  // namespace

Result<ConstBytes> open_jwe(std::string_view compact, const P256KeyPair& key, chip::Entropy& entropy, MutBytes out) {
    const auto parts = split(compact);
    if (!parts) return fail(parts.error());
    const auto theirs = open_header(parts->header);
    if (!theirs) return fail(theirs.error());
    std::array<std::uint8_t, nonce_size> nonce{};
    std::array<std::uint8_t, tag_size> tag{};
    ESB_TRY(decode(parts->nonce, nonce));
    ESB_TRY(decode(parts->tag, tag));
    const auto ciphertext = base64url_decode(parts->ciphertext, out);
    if (!ciphertext) return fail(ciphertext.error() == errors::too_long ? errors::too_long : errors::jwe_malformed);

    std::array<std::uint8_t, 32> shared{};
    ESB_TRY(agree_on_key(key.secret, *theirs, {.algorithm = "A256GCM"}, entropy, shared));
    const auto opened =
        open_aes256_gcm(shared, nonce, as_bytes(parts->header), *ciphertext, tag, out.first(ciphertext->size()));
    wipe(shared);
    if (!opened) return fail(opened.error());
    return ciphertext;
}

}  // namespace esb::crypto
