// Mbed TLS 4: PSA for primitives, keys behind PSA's numbers.
#pragma once

#include "esb/crypto/crypto.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_csr.h>
#include <psa/crypto.h>

#include <array>

// A server talks with several at once (est_server.cpp), and all of them share PSA's keys and its random numbers.
#if !defined(MBEDTLS_THREADING_C)
#error "Build Mbed TLS 4 with MBEDTLS_THREADING_C and MBEDTLS_THREADING_PTHREAD for the host's tools."
#endif

#define ESB_HOST_MEMBER(name) MBEDTLS_PRIVATE(name)

namespace esb::cli::library {

using Scalar = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

inline bool start() { return psa_crypto_init() == PSA_SUCCESS; }

// A key of PSA's for as long as this object lives.
struct Key {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    Key() = default;
    ~Key() { static_cast<void>(psa_destroy_key(id)); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    bool load(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, ConstBytes bytes) {
        psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
        psa_set_key_type(&attributes, type);
        psa_set_key_algorithm(&attributes, algorithm);
        psa_set_key_usage_flags(&attributes, usage);
        return start() && psa_import_key(&attributes, bytes.data(), bytes.size(), &id) == PSA_SUCCESS;
    }
};

inline constexpr psa_key_type_t p256 = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
inline constexpr psa_algorithm_t es256 = PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256);

// `out` gets the ciphertext and behind it the tag of 16 bytes.
inline bool seal_aes256_gcm(ConstBytes key, ConstBytes nonce, ConstBytes additional, ConstBytes plain, MutBytes out) {
    Key loaded;
    std::size_t size = 0;
    return loaded.load(PSA_KEY_TYPE_AES, PSA_ALG_GCM, PSA_KEY_USAGE_ENCRYPT, key) &&
           psa_aead_encrypt(loaded.id, PSA_ALG_GCM, nonce.data(), nonce.size(), additional.data(), additional.size(),
                            plain.data(), plain.size(), out.data(), out.size(), &size) == PSA_SUCCESS;
}

inline bool pbkdf2_sha512(ConstBytes password, ConstBytes salt, std::uint32_t rounds, MutBytes out) {
    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    const bool done =
        start() && psa_key_derivation_setup(&operation, PSA_ALG_PBKDF2_HMAC(PSA_ALG_SHA_512)) == PSA_SUCCESS &&
        psa_key_derivation_input_integer(&operation, PSA_KEY_DERIVATION_INPUT_COST, rounds) == PSA_SUCCESS &&
        psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SALT, salt.data(), salt.size()) ==
            PSA_SUCCESS &&
        psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_PASSWORD, password.data(), password.size()) ==
            PSA_SUCCESS &&
        psa_key_derivation_output_bytes(&operation, out.data(), out.size()) == PSA_SUCCESS;
    static_cast<void>(psa_key_derivation_abort(&operation));
    return done;
}

inline bool write_point(psa_key_id_t id, crypto::P256PublicKey& key) {
    std::array<std::uint8_t, 65> point{};
    std::size_t size = 0;
    if (psa_export_public_key(id, point.data(), point.size(), &size) != PSA_SUCCESS || size != point.size()) return false;
    copy(ConstBytes(point).subspan(1, key.x.size()), key.x);
    copy(ConstBytes(point).last(key.y.size()), key.y);
    return true;
}

// False also when it is no private number.
inline bool public_half(const Scalar& scalar, crypto::P256PublicKey& key) {
    Key loaded;
    return loaded.load(p256, es256, PSA_KEY_USAGE_SIGN_HASH, scalar) && write_point(loaded.id, key);
}

// r || s, deterministic (RFC 6979).
inline bool sign_es256(const Scalar& scalar, const crypto::Digest& digest, Signature& signature) {
    Key loaded;
    std::size_t size = 0;
    return loaded.load(p256, es256, PSA_KEY_USAGE_SIGN_HASH, scalar) &&
           psa_sign_hash(loaded.id, es256, digest.data(), digest.size(), signature.data(), signature.size(), &size) ==
               PSA_SUCCESS;
}

// PEM with its final NUL, or DER.
inline int parse_key(mbedtls_pk_context& key, ConstBytes text) {
    return start() ? mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0) : PSA_ERROR_INSUFFICIENT_MEMORY;
}

// A key of Mbed TLS's as one of PSA's; false unless it is on P-256.
inline bool import(const mbedtls_pk_context& pk, psa_key_usage_t usage, Key& made) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    if (mbedtls_pk_get_bitlen(&pk) != 256 || mbedtls_pk_get_psa_attributes(&pk, usage, &attributes) != 0) return false;
    const auto type = psa_get_key_type(&attributes);
    if (!PSA_KEY_TYPE_IS_ECC(type) || PSA_KEY_TYPE_ECC_GET_FAMILY(type) != PSA_ECC_FAMILY_SECP_R1) return false;
    psa_set_key_usage_flags(&attributes, usage | PSA_KEY_USAGE_EXPORT);
    return mbedtls_pk_import_into_psa(&pk, &attributes, &made.id) == 0;
}

// Of a private key; false unless it is on P-256.
inline bool read_scalar(const mbedtls_pk_context& key, Scalar& scalar) {
    Key made;
    std::size_t size = 0;
    return import(key, PSA_KEY_USAGE_SIGN_HASH, made) &&
           psa_export_key(made.id, scalar.data(), scalar.size(), &size) == PSA_SUCCESS && size == scalar.size();
}

// Of any key; false unless it is on P-256.
inline bool read_point(const mbedtls_pk_context& pk, crypto::P256PublicKey& key) {
    Key made;
    return import(pk, PSA_KEY_USAGE_VERIFY_HASH, made) && write_point(made.id, key);
}

inline bool is_signed_es256(const mbedtls_x509_csr& csr) {
    return csr.ESB_HOST_MEMBER(sig_pk) == MBEDTLS_PK_SIGALG_ECDSA && csr.ESB_HOST_MEMBER(sig_md) == MBEDTLS_MD_SHA256;
}
inline ConstBytes signature_of(const mbedtls_x509_csr& csr) {
    return {csr.ESB_HOST_MEMBER(sig).p, csr.ESB_HOST_MEMBER(sig).len};
}

// TLS 1.2 and no other; random numbers are PSA's.
inline void set_rules(mbedtls_ssl_config& config) {
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
}

}  // namespace esb::cli::library
