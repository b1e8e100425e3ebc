#include "esb/ota/keys.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>

namespace esb::ota {
namespace {

constexpr std::size_t coordinate_text = base64url_size(32);

void add_coordinate(crypto::Sha256& hash, std::string_view name, ConstBytes coordinate) {
    std::array<char, coordinate_text> digits{};
    hash.update(as_bytes(name));
    hash.update(as_bytes(base64url_encode(coordinate, digits).value_or(std::string_view())));
}

Status decode_coordinate(std::string_view text, std::array<std::uint8_t, 32>& out) {
    if (text.size() != coordinate_text || !base64url_decode(text, out)) return fail(errors::key_malformed);
    return {};
}

}  // namespace

crypto::Digest thumbprint(const crypto::P256PublicKey& key) {
    crypto::Sha256 hash;  // of the required members only, in lexicographic order, without spaces
    add_coordinate(hash, R"({"crv":"P-256","kty":"EC","x":")", key.x);
    add_coordinate(hash, R"(","y":")", key.y);
    hash.update(as_bytes(R"("})"));
    return hash.finish();
}

KeyId key_id(const crypto::P256PublicKey& key) {
    const crypto::Digest digest = thumbprint(key);
    std::array<char, KeyId::capacity()> digits{};
    const auto text = hex_encode(ConstBytes(digest).first(KeyId::capacity() / 2), digits);
    return KeyId::from(text.value_or(std::string_view())).value_or(KeyId());
}

Result<TrustedKey> parse_key(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return fail(errors::key_malformed);
    TrustedKey parsed;
    ESB_TRY(decode_coordinate(text.substr(0, dot), parsed.key.x));
    ESB_TRY(decode_coordinate(text.substr(dot + 1), parsed.key.y));
    ESB_TRY(crypto::check_public_key(parsed.key));
    parsed.kid = key_id(parsed.key);
    return parsed;
}

Status Keyring::add(const TrustedKey& key) {
    const auto same = [&](const TrustedKey& held) { return held.key == key.key; };
    if (std::any_of(keys_.begin(), keys_.end(), same)) return {};
    return keys_.push_back(key);
}

const TrustedKey* Keyring::find(std::string_view kid) const {
    const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const TrustedKey& key) { return key.kid == kid; });
    return found == keys_.end() ? nullptr : found;
}

}  // namespace esb::ota
