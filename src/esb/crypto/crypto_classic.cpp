// The primitives by Mbed TLS 2.28 and 3.x; crypto_psa.cpp has them for 4.
#include "esb/crypto/mbedtls_version.hpp"

#if !ESB_MBEDTLS_PSA
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/mbedtls_classic.hpp"

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/gcm.h>

#include <algorithm>
#include <new>

namespace esb::crypto {
namespace {

mbedtls_sha256_context& context_in(std::uint8_t* state) {
    return *std::launder(reinterpret_cast<mbedtls_sha256_context*>(state));
}
const mbedtls_sha256_context& context_in(const std::uint8_t* state) {
    return *std::launder(reinterpret_cast<const mbedtls_sha256_context*>(state));
}

bool out_of_memory(int code) {
    return code == MBEDTLS_ERR_MPI_ALLOC_FAILED || code == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
           code == MBEDTLS_ERR_CIPHER_ALLOC_FAILED || code == MBEDTLS_ERR_MD_ALLOC_FAILED;
}

// Mbed TLS's objects for one use of the curve, freed together.
struct Curve {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r;
    mbedtls_mpi s;

    Curve() {
        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
    }
    ~Curve() {
        mbedtls_mpi_free(&s);
        mbedtls_mpi_free(&r);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
    }
    Curve(const Curve&) = delete;
    Curve& operator=(const Curve&) = delete;

    Status load(const P256PublicKey& key) {
        if (mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) != 0) return fail(errors::no_memory);
        std::array<std::uint8_t, classic::point_size> encoded{};
        encoded[0] = 0x04;  // SEC 1 §2.3.3: uncompressed
        std::copy(key.x.begin(), key.x.end(), encoded.begin() + 1);
        std::copy(key.y.begin(), key.y.end(), encoded.begin() + 1 + classic::coordinate_size);
        int code = mbedtls_ecp_point_read_binary(&group, &point, encoded.data(), encoded.size());
        // Checks 0 <= x, y < p and the curve's equation; (0, 0) does not satisfy it.
        if (code == 0) code = mbedtls_ecp_check_pubkey(&group, &point);
        if (out_of_memory(code)) return fail(errors::no_memory);
        if (code != 0) return fail(errors::bad_key);
        return {};
    }
};

struct Gcm {
    mbedtls_gcm_context context;
    Gcm() { mbedtls_gcm_init(&context); }
    ~Gcm() { mbedtls_gcm_free(&context); }
    Gcm(const Gcm&) = delete;
    Gcm& operator=(const Gcm&) = delete;
};

}  // namespace

Sha256::Sha256() {
    static_assert(sizeof(mbedtls_sha256_context) <= state_size);
    static_assert(alignof(mbedtls_sha256_context) <= alignof(std::max_align_t));
    auto* const context = new (state_) mbedtls_sha256_context;
    mbedtls_sha256_init(context);
    classic::sha256_starts(*context);
}

Sha256::~Sha256() { mbedtls_sha256_free(&context_in(state_)); }

Sha256::Sha256(const Sha256& other) {
    auto* const context = new (state_) mbedtls_sha256_context;
    mbedtls_sha256_init(context);
    mbedtls_sha256_clone(context, &context_in(other.state_));
}

Sha256& Sha256::operator=(const Sha256& other) {
    if (this == &other) return *this;
    auto& context = context_in(state_);
    mbedtls_sha256_free(&context);  // gives back a hardware engine it may hold
    mbedtls_sha256_init(&context);
    mbedtls_sha256_clone(&context, &context_in(other.state_));
    return *this;
}

void Sha256::update(ConstBytes bytes) {
    if (!bytes.empty()) classic::sha256_update(context_in(state_), bytes);
}

Digest Sha256::finish() {
    Digest digest{};
    auto& context = context_in(state_);
    classic::sha256_finish(context, digest);
    classic::sha256_starts(context);
    return digest;
}

Digest sha256(ConstBytes bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Status check_public_key(const P256PublicKey& key) {
    Curve curve;
    return curve.load(key);
}

Status verify_es256(const P256PublicKey& key, ConstBytes message, std::span<const std::uint8_t, 64> signature) {
    Curve curve;
    ESB_TRY(curve.load(key));
    if (mbedtls_mpi_read_binary(&curve.r, signature.data(), classic::coordinate_size) != 0 ||
        mbedtls_mpi_read_binary(&curve.s, signature.data() + classic::coordinate_size, classic::coordinate_size) != 0) {
        return fail(errors::no_memory);
    }
    const Digest digest = sha256(message);
    // Refuses r or s outside [1, n-1] itself (SEC 1 §4.1.4).
    const int code = mbedtls_ecdsa_verify(&curve.group, digest.data(), digest.size(), &curve.point, &curve.r, &curve.s);
    if (out_of_memory(code)) return fail(errors::no_memory);
    if (code != 0) return fail(errors::bad_signature);
    return {};
}

Status open_aes256_gcm(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, 12> nonce,
                       ConstBytes additional, ConstBytes ciphertext, std::span<const std::uint8_t, 16> tag,
                       MutBytes out) {
    if (out.size() < ciphertext.size()) return fail(errors::too_short);
    Gcm gcm;
    int code =
        mbedtls_gcm_setkey(&gcm.context, MBEDTLS_CIPHER_ID_AES, key.data(), 8 * static_cast<unsigned>(key.size()));
    if (code != 0) return fail(errors::no_memory);
    code = mbedtls_gcm_auth_decrypt(&gcm.context, ciphertext.size(), nonce.data(), nonce.size(), additional.data(),
                                    additional.size(), tag.data(), tag.size(), ciphertext.data(), out.data());
    if (code == 0) return {};
    wipe(out.first(ciphertext.size()));
    // ESP-IDF's driver says -1 when its engine gets no memory.
    return fail(code == MBEDTLS_ERR_GCM_AUTH_FAILED ? errors::bad_tag : errors::no_memory);
}

Status pbkdf2_sha256(ConstBytes password, ConstBytes salt, std::uint32_t iterations, MutBytes out) {
    const auto length = static_cast<std::uint32_t>(out.size());
    const int code = classic::pbkdf2_sha256(password, salt, iterations, length, out.data());
    // The arguments are sound: only memory can be missing.
    if (code != 0) return fail(errors::no_memory);
    return {};
}

}  // namespace esb::crypto
#endif
