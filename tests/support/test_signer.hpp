// Signs envelopes in tests: fixed keys, deterministic ECDSA, any header.
#pragma once

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/ota/keys.hpp"
#include "host/cli/library.hpp"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

namespace esb::test {

inline std::string base64url(ConstBytes bytes) {
    std::string text(base64url_size(bytes.size()), '\0');
    if (!base64url_encode(bytes, text)) std::abort();
    return text;
}
inline std::string base64url(std::string_view text) { return base64url(as_bytes(text)); }

inline std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '\0');
    if (!hex_encode(bytes, text)) std::abort();
    return text;
}

// Two signers with the same name have the same key.
class TestSigner {
public:
    explicit TestSigner(std::string_view name = "first") {
        // Below the order of the group unless it begins with 32 one bits.
        const auto seed = crypto::sha256(as_bytes(name));
        copy(seed, scalar_);
        check(cli::library::public_half(scalar_, key_));
    }

    const crypto::P256PublicKey& public_key() const { return key_; }
    std::string public_text() const { return base64url(key_.x) + '.' + base64url(key_.y); }
    std::string jwk() const {
        return R"({"kty":"EC","crv":"P-256","x":")" + base64url(key_.x) + R"(","y":")" + base64url(key_.y) + R"("})";
    }
    std::string kid() const { return std::string(ota::key_id(key_).view()); }

    std::array<std::uint8_t, 64> sign(std::string_view message) {
        std::array<std::uint8_t, 64> signature{};
        check(cli::library::sign_es256(scalar_, crypto::sha256(as_bytes(message)), signature));
        return signature;
    }
    std::string header(std::string_view typ) const {
        return R"({"alg":"ES256","kid":")" + kid() + R"(","typ":")" + std::string(typ) + R"("})";
    }
    // A correctly signed JWS with any header.
    std::string sign_with_header(std::string_view header_json, std::string_view payload) {
        const std::string text = base64url(header_json) + '.' + base64url(payload);
        return text + '.' + base64url(sign(text));
    }
    std::string envelope(std::string_view typ, std::string_view payload) {
        return sign_with_header(header(typ), payload);
    }

private:
    static void check(bool done) {
        if (!done) std::abort();
    }

    cli::library::Scalar scalar_{};
    crypto::P256PublicKey key_;
};

}  // namespace esb::test
