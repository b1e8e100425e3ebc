// An ES256 private key of the operator: made, stored as PEM, used to sign.
#pragma once

#include "esb/base/result.hpp"
#include "esb/crypto/crypto.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind key_file{"cli.key_file", "the key file cannot be read or written"};  // detail: errno
inline constexpr ErrorKind key_not_p256{"cli.key_not_p256", "the file holds no unencrypted P-256 private key"};
inline constexpr ErrorKind key_failed{"cli.key_failed", "the cryptographic library reports an error"};
}  // namespace esb::errors

namespace esb::cli {

// The private part is wiped when the object goes.
class SigningKey {
public:
    // A fresh random key whose public text does not begin with "-". key_failed.
    static Result<SigningKey> generate();
    // PEM, SEC 1 or PKCS #8. key_file, key_not_p256.
    static Result<SigningKey> load_pem(const std::filesystem::path& path);
    // Creates the file with mode 0600; one that exists is not overwritten. key_file, key_failed.
    Status save_pem(const std::filesystem::path& path) const;

    // The same text, for files that must be whole or not there (files.hpp). key_failed.
    Result<std::string> pem() const;

    // The public half: "x.y" as the firmware's trust anchor, as JWK (RFC 7517), and its short name.
    std::string public_text() const;
    std::string public_jwk() const;
    std::string kid() const;
    // The private number.
    ConstBytes reveal() const { return private_; }
    const crypto::P256PublicKey& public_key() const { return public_; }

    // r || s over the message's SHA-256, deterministic (RFC 6979). key_failed.
    Result<std::array<std::uint8_t, 64>> sign(std::string_view message) const;

    ~SigningKey();
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;

private:
    SigningKey() = default;
    static Result<SigningKey> generate_any();
    static Result<SigningKey> from_scalar(const std::array<std::uint8_t, 32>& scalar);

    std::array<std::uint8_t, 32> private_{};
    crypto::P256PublicKey public_;
};

}  // namespace esb::cli
