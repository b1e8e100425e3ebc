// Mbed TLS 2.28 and 3.x.
#pragma once

#include "esb/crypto/crypto.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_csr.h>

#include <array>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define ESB_HOST_MEMBER(name) MBEDTLS_PRIVATE(name)
#else
#define ESB_HOST_MEMBER(name) name
#endif

namespace esb::cli::library {

using Scalar = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

inline bool start() { return true; }

inline int system_random(void*, unsigned char* out, std::size_t size) {
    vchip::HostEntropy entropy;
    return entropy.fill({out, size}) ? 0 : -1;
}

// `out` gets the ciphertext and behind it the tag of 16 bytes.
inline bool seal_aes256_gcm(ConstBytes key, ConstBytes nonce, ConstBytes additional, ConstBytes plain, MutBytes out) {
    constexpr std::size_t tag_size = 16;
    if (out.size() < plain.size() + tag_size) return false;
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    int code = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key.data(), 256);
    if (code == 0) {
        code = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.size(), nonce.data(), nonce.size(),
                                         additional.data(), additional.size(), plain.data(), out.data(), tag_size,
                                         out.data() + plain.size());
    }
    mbedtls_gcm_free(&gcm);
    return code == 0;
}

inline bool pbkdf2_sha512(ConstBytes password, ConstBytes salt, std::uint32_t rounds, MutBytes out) {
    const auto size = static_cast<std::uint32_t>(out.size());
#if MBEDTLS_VERSION_NUMBER >= 0x03030000
    return mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA512, password.data(), password.size(), salt.data(), salt.size(),
                                         rounds, size, out.data()) == 0;
#else
    mbedtls_md_context_t hmac;
    mbedtls_md_init(&hmac);
    const bool done = mbedtls_md_setup(&hmac, mbedtls_md_info_from_type(MBEDTLS_MD_SHA512), 1) == 0 &&
                      mbedtls_pkcs5_pbkdf2_hmac(&hmac, password.data(), password.size(), salt.data(), salt.size(),
                                                rounds, size, out.data()) == 0;
    mbedtls_md_free(&hmac);
    return done;
#endif
}

// P-256 and one private number on it.
struct Pair {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d;

    Pair() {
        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&d);
    }
    ~Pair() {
        mbedtls_mpi_free(&d);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    bool load(const Scalar& scalar) {
        return mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
               mbedtls_mpi_read_binary(&d, scalar.data(), scalar.size()) == 0 &&
               mbedtls_ecp_check_privkey(&group, &d) == 0;
    }
};

inline bool write_point(const mbedtls_ecp_group& group, const mbedtls_ecp_point& point, crypto::P256PublicKey& key) {
    std::array<std::uint8_t, 65> bytes{};
    std::size_t size = 0;
    const int code = mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, bytes.data(),
                                                    bytes.size());
    if (code != 0 || size != bytes.size()) return false;
    copy(ConstBytes(bytes).subspan(1, key.x.size()), key.x);
    copy(ConstBytes(bytes).last(key.y.size()), key.y);
    return true;
}

// False also when it is no private number.
inline bool public_half(const Scalar& scalar, crypto::P256PublicKey& key) {
    Pair pair;
    return pair.load(scalar) &&
           mbedtls_ecp_mul(&pair.group, &pair.point, &pair.d, &pair.group.G, system_random, nullptr) == 0 &&
           write_point(pair.group, pair.point, key);
}

// r || s, deterministic (RFC 6979).
inline bool sign_es256(const Scalar& scalar, const crypto::Digest& digest, Signature& signature) {
    Pair pair;
    mbedtls_mpi r, s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool done = pair.load(scalar) &&
                      mbedtls_ecdsa_sign_det_ext(&pair.group, &r, &s, &pair.d, digest.data(), digest.size(),
                                                 MBEDTLS_MD_SHA256, system_random, nullptr) == 0 &&
                      mbedtls_mpi_write_binary(&r, signature.data(), 32) == 0 &&
                      mbedtls_mpi_write_binary(&s, signature.data() + 32, 32) == 0;
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return done;
}

// PEM with its final NUL, or DER.
inline int parse_key(mbedtls_pk_context& key, ConstBytes text) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0, system_random, nullptr);
#else
    return mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0);
#endif
}

// Of a private key; false unless it is on P-256.
inline bool read_scalar(const mbedtls_pk_context& key, Scalar& scalar) {
    if (mbedtls_pk_can_do(&key, MBEDTLS_PK_ECKEY) == 0) return false;
    const auto& pair = *mbedtls_pk_ec(key);
    return pair.ESB_HOST_MEMBER(grp).id == MBEDTLS_ECP_DP_SECP256R1 &&
           mbedtls_ecp_check_privkey(&pair.ESB_HOST_MEMBER(grp), &pair.ESB_HOST_MEMBER(d)) == 0 &&
           mbedtls_mpi_write_binary(&pair.ESB_HOST_MEMBER(d), scalar.data(), scalar.size()) == 0;
}

// Of any key; false unless it is on P-256.
inline bool read_point(const mbedtls_pk_context& pk, crypto::P256PublicKey& key) {
    if (mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECKEY) == 0) return false;
    const auto& pair = *mbedtls_pk_ec(pk);
    return pair.ESB_HOST_MEMBER(grp).id == MBEDTLS_ECP_DP_SECP256R1 &&
           mbedtls_ecp_check_pubkey(&pair.ESB_HOST_MEMBER(grp), &pair.ESB_HOST_MEMBER(Q)) == 0 &&
           write_point(pair.ESB_HOST_MEMBER(grp), pair.ESB_HOST_MEMBER(Q), key);
}

inline bool is_signed_es256(const mbedtls_x509_csr& csr) {
    return csr.ESB_HOST_MEMBER(sig_pk) == MBEDTLS_PK_ECDSA && csr.ESB_HOST_MEMBER(sig_md) == MBEDTLS_MD_SHA256;
}
inline ConstBytes signature_of(const mbedtls_x509_csr& csr) {
    return {csr.ESB_HOST_MEMBER(sig).p, csr.ESB_HOST_MEMBER(sig).len};
}

// TLS 1.2 and no other, random numbers of the system.
inline void set_rules(mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_rng(&config, system_random, nullptr);
}

}  // namespace esb::cli::library
