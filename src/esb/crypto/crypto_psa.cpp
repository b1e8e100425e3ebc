// The primitives by Mbed TLS 4, that is PSA; crypto_classic.cpp has them for 2.28 and 3.x.
#include "esb/crypto/mbedtls_version.hpp"

#if ESB_MBEDTLS_PSA
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/hash_psa.hpp"
#include "esb/crypto/mbedtls_psa.hpp"

// PSA says what it was built without only when it is asked for.
#if !defined(PSA_WANT_ALG_SHA_256) || !defined(PSA_WANT_ALG_ECDSA) || !defined(PSA_WANT_ALG_ECDH) || \
    !defined(PSA_WANT_ECC_SECP_R1_256) || !defined(PSA_WANT_ALG_GCM) || !defined(PSA_WANT_ALG_ECB_NO_PADDING) || \
    !defined(PSA_WANT_ALG_PBKDF2_HMAC)
#error "Mbed TLS is configured without SHA-256, ECDSA or ECDH on P-256, AES-GCM, AES-ECB or PBKDF2-HMAC."
#endif

namespace esb::crypto {
namespace {

using Operation = psa::Hash<PSA_ALG_SHA_256, std::tuple_size_v<Digest>>;

constexpr psa_algorithm_t es256 = PSA_ALG_ECDSA(PSA_ALG_SHA_256);

bool is_out_of_memory(psa_status_t status) { return status == PSA_ERROR_INSUFFICIENT_MEMORY; }

// PSA looks whether the point is on the curve as it takes it.
Status load(psa::Key& made, const P256PublicKey& key) {
    const auto point = psa::encode(key);
    const auto status = made.load(psa::p256_public, es256, PSA_KEY_USAGE_VERIFY_HASH, point);
    if (status == PSA_SUCCESS) return {};
    return fail(is_out_of_memory(status) ? errors::no_memory : errors::bad_key);
}

struct Aead {
    psa_aead_operation_t operation = PSA_AEAD_OPERATION_INIT;
    Aead() = default;
    ~Aead() { static_cast<void>(psa_aead_abort(&operation)); }
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    psa_status_t open(psa_key_id_t key, ConstBytes nonce, ConstBytes additional, ConstBytes ciphertext, ConstBytes tag,
                      MutBytes out) {
        std::size_t size = 0, rest = 0;
        auto status = psa_aead_decrypt_setup(&operation, key, PSA_ALG_GCM);
        if (status == PSA_SUCCESS) status = psa_aead_set_nonce(&operation, nonce.data(), nonce.size());
        if (status == PSA_SUCCESS && !additional.empty()) {
            status = psa_aead_update_ad(&operation, additional.data(), additional.size());
        }
        if (status == PSA_SUCCESS && !ciphertext.empty()) {
            status = psa_aead_update(&operation, ciphertext.data(), ciphertext.size(), out.data(), out.size(), &size);
        }
        if (status != PSA_SUCCESS) return status;
        const auto left = out.subspan(size);
        status = psa_aead_verify(&operation, left.data(), left.size(), &rest, tag.data(), tag.size());
        return status == PSA_SUCCESS && size + rest != ciphertext.size() ? PSA_ERROR_GENERIC_ERROR : status;
    }
};

struct Derivation {
    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    Derivation() = default;
    ~Derivation() { static_cast<void>(psa_key_derivation_abort(&operation)); }
    Derivation(const Derivation&) = delete;
    Derivation& operator=(const Derivation&) = delete;

    psa_status_t put(psa_key_derivation_step_t step, ConstBytes bytes) {
        return psa_key_derivation_input_bytes(&operation, step, bytes.data(), bytes.size());
    }
};

}  // namespace

Sha256::Sha256() {
    static_assert(sizeof(psa_hash_operation_t) <= state_size);
    static_assert(alignof(psa_hash_operation_t) <= alignof(std::max_align_t));
    static_cast<void>(psa::start());
    Operation::make(state_);
}

Sha256::~Sha256() { Operation::drop(state_); }

Sha256::Sha256(const Sha256& other) { Operation::clone(state_, other.state_); }

Sha256& Sha256::operator=(const Sha256& other) {
    if (this == &other) return *this;
    Operation::drop(state_);  // gives back a hardware engine it may hold
    Operation::clone(state_, other.state_);
    return *this;
}

void Sha256::update(ConstBytes bytes) {
    if (!bytes.empty()) Operation::update(state_, bytes);
}

Digest Sha256::finish() { return Operation::finish(state_); }

Digest sha256(ConstBytes bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Status check_public_key(const P256PublicKey& key) {
    psa::Key loaded;
    return load(loaded, key);
}

Status verify_es256(const P256PublicKey& key, ConstBytes message, std::span<const std::uint8_t, 64> signature) {
    psa::Key loaded;
    ESB_TRY(load(loaded, key));
    const Digest digest = sha256(message);
    // Refuses r or s outside [1, n-1] itself (SEC 1 §4.1.4).
    const auto status =
        psa_verify_hash(loaded.id(), es256, digest.data(), digest.size(), signature.data(), signature.size());
    if (status == PSA_SUCCESS) return {};
    return fail(is_out_of_memory(status) ? errors::no_memory : errors::bad_signature);
}

Status open_aes256_gcm(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, 12> nonce,
                       ConstBytes additional, ConstBytes ciphertext, std::span<const std::uint8_t, 16> tag,
                       MutBytes out) {
    if (out.size() < ciphertext.size()) return fail(errors::too_short);
    const auto plain = out.first(ciphertext.size());
    psa::Key loaded;
    if (loaded.load(PSA_KEY_TYPE_AES, PSA_ALG_GCM, PSA_KEY_USAGE_DECRYPT, key) != PSA_SUCCESS) {
        return fail(errors::no_memory);
    }
    Aead aead;
    const auto status = aead.open(loaded.id(), nonce, additional, ciphertext, tag, plain);
    if (status == PSA_SUCCESS) return {};
    wipe(plain);
    return fail(status == PSA_ERROR_INVALID_SIGNATURE ? errors::bad_tag : errors::no_memory);
}

Status pbkdf2_sha256(ConstBytes password, ConstBytes salt, std::uint32_t iterations, MutBytes out) {
    if (!psa::start()) return fail(errors::no_memory);
    Derivation made;
    auto status = psa_key_derivation_setup(&made.operation, PSA_ALG_PBKDF2_HMAC(PSA_ALG_SHA_256));
    if (status == PSA_SUCCESS) {
        status = psa_key_derivation_input_integer(&made.operation, PSA_KEY_DERIVATION_INPUT_COST, iterations);
    }
    if (status == PSA_SUCCESS) status = made.put(PSA_KEY_DERIVATION_INPUT_SALT, salt);
    if (status == PSA_SUCCESS) status = made.put(PSA_KEY_DERIVATION_INPUT_PASSWORD, password);
    if (status == PSA_SUCCESS) status = psa_key_derivation_output_bytes(&made.operation, out.data(), out.size());
    // The arguments are sound: only memory can be missing.
    return status == PSA_SUCCESS ? Status() : fail(errors::no_memory);
}

}  // namespace esb::crypto
#endif
