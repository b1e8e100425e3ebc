#include "host/cli/jwe.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/key_agreement.hpp"
#include "esb/ota/keys.hpp"
#include "host/cli/base64url.hpp"
#include "host/cli/library.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <array>
#include <vector>

namespace esb::cli {
namespace {

std::string header_for(const crypto::P256PublicKey& ephemeral) {
    return R"({"alg":"ECDH-ES","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":")" + base64url(ephemeral.x) +
           R"(","y":")" + base64url(ephemeral.y) + R"("}})";
}

struct Sealed {
    std::array<std::uint8_t, 12> nonce{};
    std::vector<std::uint8_t> ciphertext;
    std::array<std::uint8_t, 16> tag{};
};

bool seal(const std::array<std::uint8_t, 32>& key, std::string_view additional, std::string_view text, Sealed& out) {
    std::vector<std::uint8_t> both(text.size() + out.tag.size());
    if (!library::seal_aes256_gcm(key, out.nonce, as_bytes(additional), as_bytes(text), both)) return false;
    out.ciphertext.assign(both.begin(), both.end() - out.tag.size());
    copy(ConstBytes(both).last(out.tag.size()), out.tag);
    return true;
}

}  // namespace

Outcome<std::string> encrypt_for(const crypto::P256PublicKey& device, std::string_view text) {
    vchip::HostEntropy entropy;
    const auto pair = crypto::make_key_pair(entropy);
    if (!pair) return failure("cannot encrypt", pair.error());
    std::array<std::uint8_t, 32> key{};
    const auto agreed = crypto::agree_on_key(pair->secret, device, {.algorithm = "A256GCM"}, entropy, key);
    if (!agreed) return failure("cannot encrypt for the device's key", agreed.error());
    const auto header = base64url(as_bytes(header_for(pair->open)));
    Sealed sealed;
    const bool done = entropy.fill(sealed.nonce) && seal(key, header, text, sealed);
    wipe(key);
    if (!done) return failure("cannot encrypt");
    return header + ".." + base64url(sealed.nonce) + '.' + base64url(sealed.ciphertext) + '.' + base64url(sealed.tag);
}

Outcome<crypto::P256PublicKey> parse_device_key(std::string_view text) {
    const auto parsed = ota::parse_key(text);  // the same form as an update key
    if (!parsed) return failure("the device's public key", parsed.error());
    return parsed->key;
}

}  // namespace esb::cli
