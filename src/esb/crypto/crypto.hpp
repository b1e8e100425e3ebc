// The few primitives the base needs, by Mbed TLS: crypto_classic.cpp for 2.28 and 3.x, crypto_psa.cpp for 4.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/crypto/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace esb::crypto {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), incrementally. Movable by copy of its state; no heap. Not thread-safe.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256& other);
    Sha256& operator=(const Sha256& other);

    void update(ConstBytes bytes);
    // The digest of all updates; the object then starts anew.
    Digest finish();

private:
    static constexpr std::size_t state_size = 512;  // covers hardware contexts; checked where it is made
    alignas(std::max_align_t) std::uint8_t state_[state_size];
};

Digest sha256(ConstBytes bytes);

using Md5Digest = std::array<std::uint8_t, 16>;

// MD5 (RFC 1321), for the legacy update message only: it shows transmission errors, it protects against nobody.
class Md5 {
public:
    Md5();
    ~Md5();
    Md5(const Md5& other);
    Md5& operator=(const Md5& other);

    void update(ConstBytes bytes);
    // The digest of all updates; the object then starts anew.
    Md5Digest finish();

private:
    static constexpr std::size_t state_size = 256;
    alignas(std::max_align_t) std::uint8_t state_[state_size];
};

// An affine point on P-256, coordinates big-endian.
struct P256PublicKey {
    std::array<std::uint8_t, 32> x{};
    std::array<std::uint8_t, 32> y{};
    friend bool operator==(const P256PublicKey&, const P256PublicKey&) = default;
};

// bad_key unless the point lies on the curve and is not the point at infinity; no_memory.
Status check_public_key(const P256PublicKey& key);

// ES256 (RFC 7518 §3.4): ECDSA on P-256 with SHA-256, signature = r || s, 64 bytes.
// bad_key, bad_signature; no_memory when the heap does not suffice (the signature was then not judged).
Status verify_es256(const P256PublicKey& key, ConstBytes message, std::span<const std::uint8_t, 64> signature);

// AES-256-GCM, one shot (NIST SP 800-38D): checks the tag, then `out` holds the plaintext (same size as
// `ciphertext`, may be the same memory). bad_tag wipes `out`. too_short when `out` is; no_memory.
Status open_aes256_gcm(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, 12> nonce,
                       ConstBytes additional, ConstBytes ciphertext, std::span<const std::uint8_t, 16> tag,
                       MutBytes out);

// PBKDF2-HMAC-SHA256 (RFC 8018 §5.2), as many bytes as `out` holds. Blocks until it is done. no_memory.
Status pbkdf2_sha256(ConstBytes password, ConstBytes salt, std::uint32_t iterations, MutBytes out);

// Random bytes for keys, straight from the chip. no_entropy.
inline Status random(chip::Entropy& entropy, MutBytes out) { return entropy.fill(out); }
// Fresh random secret of `size` bytes.
template <std::size_t N>
Result<Secret<N>> random_secret(chip::Entropy& entropy, std::size_t size = N) {
    std::array<std::uint8_t, N> bytes{};
    if (size > N) return fail(errors::too_long);
    ESB_TRY(entropy.fill(MutBytes(bytes).first(size)));
    Secret<N> made;
    const auto assigned = made.assign(ConstBytes(bytes).first(size));
    wipe(bytes);
    if (!assigned) return fail(assigned.error());
    return made;
}

}  // namespace esb::crypto
