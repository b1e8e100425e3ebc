// What this room needs of PSA, the only interface to primitives that Mbed TLS 4 (TF-PSA-Crypto 1) has.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/errors.hpp"

#if ESB_CERTIFICATES
#include <mbedtls/pk.h>
#include <mbedtls/x509_csr.h>
#endif
#include <psa/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace esb::crypto::psa {

// Before anything else of PSA; repeating it costs nothing. ESP-IDF does it as it starts.
bool start();

// A key of PSA's for as long as this object lives.
class Key {
public:
    Key() = default;
    ~Key() { static_cast<void>(psa_destroy_key(id_)); }  // wipes it
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    psa_status_t load(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage, ConstBytes bytes);
    psa_key_id_t id() const { return id_; }

private:
    psa_key_id_t id_ = PSA_KEY_ID_NULL;
};

// SEC 1 §2.3.3, uncompressed.
using Point = std::array<std::uint8_t, 65>;
Point encode(const P256PublicKey& key);

inline constexpr psa_key_type_t p256_public = PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);
inline constexpr psa_key_type_t p256_pair = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);

// AES-256 block by block, one direction.
class Aes {
public:
    Aes() = default;
    ~Aes() { static_cast<void>(psa_cipher_abort(&operation_)); }
    Aes(const Aes&) = delete;
    Aes& operator=(const Aes&) = delete;

    int encrypt_with(ConstBytes key);
    int decrypt_with(ConstBytes key);
    int encrypt(std::array<std::uint8_t, 16>& block) { return crypt(block); }
    int decrypt(std::array<std::uint8_t, 16>& block) { return crypt(block); }

private:
    int crypt(std::array<std::uint8_t, 16>& block);

    Key key_;
    psa_cipher_operation_t operation_ = PSA_CIPHER_OPERATION_INIT;
};

#if ESB_CERTIFICATES
// Keys and X.509. What they need of random numbers is PSA's own.
inline int parse_key(mbedtls_pk_context& key, ConstBytes der, chip::Entropy&) {
    return start() ? mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0) : PSA_ERROR_INSUFFICIENT_MEMORY;
}
inline int write_request(mbedtls_x509write_csr& csr, MutBytes out, chip::Entropy&) {
    return mbedtls_x509write_csr_der(&csr, out.data(), out.size());
}
inline bool is_out_of_memory(int code) { return code == PSA_ERROR_INSUFFICIENT_MEMORY; }
inline bool is_out_of_room(int code) { return code == PSA_ERROR_BUFFER_TOO_SMALL; }
inline bool is_out_of_entropy(int code) { return code == PSA_ERROR_INSUFFICIENT_ENTROPY; }
#endif

}  // namespace esb::crypto::psa
