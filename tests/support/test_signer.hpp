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

std::string base64url(ConstBytes bytes);
inline std::string base64url(std::string_view text) { return base64url(as_bytes(text)); }

std::string hex(ConstBytes bytes);

// Two signers with the same name have the same key.
class TestSigner {
public:
    explicit TestSigner(std::string_view name = "first");

    const crypto::P256PublicKey& public_key() const { return key_; }
    std::string public_text() const { return base64url(key_.x) + '.' + base64url(key_.y); }
    std::string jwk() const;
    std::string kid() const { return std::string(ota::key_id(key_).view()); }

    std::array<std::uint8_t, 64> sign(std::string_view message);
    std::string header(std::string_view typ) const;
    // A correctly signed JWS with any header.
    std::string sign_with_header(std::string_view header_json, std::string_view payload);
    std::string envelope(std::string_view typ, std::string_view payload);

private:
    static void check(bool done);

    cli::library::Scalar scalar_{};
    crypto::P256PublicKey key_;
};

}  // namespace esb::test
