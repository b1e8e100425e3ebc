// Where Mbed TLS 2.28 and 3.x differ, as far as this room is concerned. Hashes in software, MD5 among them, cannot fail;
// ESP-IDF's SHA-256 can, when there is no DMA channel for its engine.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/chip/entropy.hpp"

#include <mbedtls/aes.h>
#include <mbedtls/md.h>
#include <mbedtls/md5.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>
#if ESB_CERTIFICATES
#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_csr.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace esb::crypto::classic {

inline constexpr std::size_t coordinate_size = 32;                  // of P-256
inline constexpr std::size_t point_size = 1 + 2 * coordinate_size;  // SEC 1, uncompressed

inline bool start() { return true; }

// Not to be gone on from: what is left in a failed hash is known to everybody, and signatures of it can be made up.
inline void require(int code) {
    if (code != 0) std::abort();
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
inline void sha256_starts(mbedtls_sha256_context& state) { static_cast<void>(mbedtls_sha256_starts(&state, 0)); }
inline void sha256_update(mbedtls_sha256_context& state, ConstBytes bytes) {
    require(mbedtls_sha256_update(&state, bytes.data(), bytes.size()));
}
inline void sha256_finish(mbedtls_sha256_context& state, std::array<std::uint8_t, 32>& out) {
    require(mbedtls_sha256_finish(&state, out.data()));
}
inline void md5_starts(mbedtls_md5_context& state) { static_cast<void>(mbedtls_md5_starts(&state)); }
inline void md5_update(mbedtls_md5_context& state, ConstBytes bytes) {
    static_cast<void>(mbedtls_md5_update(&state, bytes.data(), bytes.size()));
}
inline void md5_finish(mbedtls_md5_context& state, std::array<std::uint8_t, 16>& out) {
    static_cast<void>(mbedtls_md5_finish(&state, out.data()));
}
#else
inline void sha256_starts(mbedtls_sha256_context& state) { static_cast<void>(mbedtls_sha256_starts_ret(&state, 0)); }
inline void sha256_update(mbedtls_sha256_context& state, ConstBytes bytes) {
    require(mbedtls_sha256_update_ret(&state, bytes.data(), bytes.size()));
}
inline void sha256_finish(mbedtls_sha256_context& state, std::array<std::uint8_t, 32>& out) {
    require(mbedtls_sha256_finish_ret(&state, out.data()));
}
inline void md5_starts(mbedtls_md5_context& state) { static_cast<void>(mbedtls_md5_starts_ret(&state)); }
inline void md5_update(mbedtls_md5_context& state, ConstBytes bytes) {
    static_cast<void>(mbedtls_md5_update_ret(&state, bytes.data(), bytes.size()));
}
inline void md5_finish(mbedtls_md5_context& state, std::array<std::uint8_t, 16>& out) {
    static_cast<void>(mbedtls_md5_finish_ret(&state, out.data()));
}
#endif

inline int pbkdf2_sha256(ConstBytes password, ConstBytes salt, std::uint32_t iterations, std::uint32_t length,
                         std::uint8_t* out) {
#if MBEDTLS_VERSION_NUMBER >= 0x03030000
    return mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA256, password.data(), password.size(), salt.data(), salt.size(),
                                         iterations, length, out);
#else
    mbedtls_md_context_t hmac;
    mbedtls_md_init(&hmac);
    int code = mbedtls_md_setup(&hmac, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1);
    if (code == 0) {
        code = mbedtls_pkcs5_pbkdf2_hmac(&hmac, password.data(), password.size(), salt.data(), salt.size(), iterations,
                                         length, out);
    }
    mbedtls_md_free(&hmac);
    return code;
#endif
}

#if ESB_CERTIFICATES
inline int random_for(void* entropy, unsigned char* out, std::size_t size) {
    const auto filled = static_cast<chip::Entropy*>(entropy)->fill({out, size});
    return filled ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

inline int parse_key(mbedtls_pk_context& key, ConstBytes der, [[maybe_unused]] chip::Entropy& entropy) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0, random_for, &entropy);
#else
    return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0);
#endif
}
// Gives the size, or an error.
inline int write_request(mbedtls_x509write_csr& csr, MutBytes out, chip::Entropy& entropy) {
    return mbedtls_x509write_csr_der(&csr, out.data(), out.size(), random_for, &entropy);
}

// Mbed TLS adds the code of a cause (the low 7 bits, negated) to that of the module it surfaced in.
inline int high_of(int code) { return -(-code & ~0x7F); }
inline int low_of(int code) { return -(-code & 0x7F); }
inline bool is_out_of_memory(int code) {
    const int high = high_of(code), low = low_of(code);
    return high == MBEDTLS_ERR_X509_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED ||
           high == MBEDTLS_ERR_ECP_ALLOC_FAILED || low == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
}
inline bool is_out_of_room(int code) { return low_of(code) == MBEDTLS_ERR_ASN1_BUF_TOO_SMALL; }
inline bool is_out_of_entropy(int code) { return high_of(code) == MBEDTLS_ERR_ENTROPY_SOURCE_FAILED; }
#endif

// AES-256 block by block, one direction.
class Aes {
public:
    Aes() { mbedtls_aes_init(&context_); }
    ~Aes() { mbedtls_aes_free(&context_); }
    Aes(const Aes&) = delete;
    Aes& operator=(const Aes&) = delete;

    int encrypt_with(ConstBytes key) { return mbedtls_aes_setkey_enc(&context_, key.data(), 256); }
    int decrypt_with(ConstBytes key) { return mbedtls_aes_setkey_dec(&context_, key.data(), 256); }
    int encrypt(std::array<std::uint8_t, 16>& block) {
        return mbedtls_aes_crypt_ecb(&context_, MBEDTLS_AES_ENCRYPT, block.data(), block.data());
    }
    int decrypt(std::array<std::uint8_t, 16>& block) {
        return mbedtls_aes_crypt_ecb(&context_, MBEDTLS_AES_DECRYPT, block.data(), block.data());
    }

private:
    mbedtls_aes_context context_;
};

}  // namespace esb::crypto::classic
