// An engine that does not answer: ESP-IDF's drivers say -1, which is no code of Mbed TLS's, when they get no DMA channel or
// no memory, and leave the digest as it was. The linker puts these functions before the library's (tests/CMakeLists.txt).
#include "esb/crypto/mbedtls_version.hpp"

#if !ESB_MBEDTLS_PSA
#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <mbedtls/gcm.h>
#include <mbedtls/sha256.h>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define ESB_UPDATE(before) before##mbedtls_sha256_update
#define ESB_FINISH(before) before##mbedtls_sha256_finish
#else
#define ESB_UPDATE(before) before##mbedtls_sha256_update_ret
#define ESB_FINISH(before) before##mbedtls_sha256_finish_ret
#endif

namespace {
bool broken = false;
}

extern "C" {
int ESB_UPDATE(__real_)(mbedtls_sha256_context*, const unsigned char*, std::size_t);
int ESB_FINISH(__real_)(mbedtls_sha256_context*, unsigned char*);
int __real_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context*, std::size_t, const unsigned char*, std::size_t,
                                    const unsigned char*, std::size_t, const unsigned char*, std::size_t,
                                    const unsigned char*, unsigned char*);

int ESB_UPDATE(__wrap_)(mbedtls_sha256_context* state, const unsigned char* in, std::size_t size) {
    return broken ? -1 : ESB_UPDATE(__real_)(state, in, size);
}
int ESB_FINISH(__wrap_)(mbedtls_sha256_context* state, unsigned char* out) {
    return broken ? -1 : ESB_FINISH(__real_)(state, out);
}
int __wrap_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context* state, std::size_t size, const unsigned char* nonce,
                                    std::size_t nonce_size, const unsigned char* additional,
                                    std::size_t additional_size, const unsigned char* tag, std::size_t tag_size,
                                    const unsigned char* in, unsigned char* out) {
    if (broken) return -1;
    return __real_mbedtls_gcm_auth_decrypt(state, size, nonce, nonce_size, additional, additional_size, tag, tag_size,
                                           in, out);
}
}

namespace {

using namespace esb;

// With a digest of zeros, r = s = x of the key satisfies ECDSA's equation: anybody can make that signature.
TEST(CryptoEngine, a_hash_that_fails_judges_no_signature) {
    crypto::P256PublicKey key;
    ASSERT_TRUE(base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", key.x));
    ASSERT_TRUE(base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", key.y));
    std::array<std::uint8_t, 64> made_up{};
    copy(key.x, made_up);
    copy(key.x, MutBytes(made_up).subspan(32));
    EXPECT_EQ(crypto::verify_es256(key, as_bytes("install this"), made_up).error(), errors::bad_signature);
    const auto judge = [&] {
        broken = true;
        if (crypto::verify_es256(key, as_bytes("install this"), made_up)) std::puts("accepted");
        std::exit(0);
    };
    EXPECT_EXIT(judge(), testing::KilledBySignal(SIGABRT), "");
}

TEST(CryptoEngine, a_hash_that_fails_has_no_digest) {
    const auto hash = [] {
        broken = true;
        static_cast<void>(crypto::sha256({}));
        std::exit(0);
    };
    EXPECT_EXIT(hash(), testing::KilledBySignal(SIGABRT), "");
}

TEST(CryptoEngine, decryption_that_fails_is_no_changed_text) {
    const std::array<std::uint8_t, 32> key{};
    const std::array<std::uint8_t, 12> nonce{};
    const std::array<std::uint8_t, 16> tag{};
    std::array<std::uint8_t, 16> text{};
    EXPECT_EQ(crypto::open_aes256_gcm(key, nonce, {}, text, tag, text).error(), errors::bad_tag);
    broken = true;
    const auto opened = crypto::open_aes256_gcm(key, nonce, {}, text, tag, text);
    broken = false;
    EXPECT_EQ(opened.error(), errors::no_memory);
}

}  // namespace
#endif
