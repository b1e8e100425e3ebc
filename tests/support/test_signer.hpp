// Signs envelopes in tests: fixed keys, deterministic ECDSA, any header.
#pragma once

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/ota/keys.hpp"

#include <mbedtls/ecdsa.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

namespace esb::test {

inline std::string base64url(ConstBytes bytes) {
    std::string text(base64url_size(bytes.size()), '\0');
    if (!base64url_encode(bytes, text)) std::abort();
    return text;
}
inline std::string base64url(std::string_view text) { return base64url(as_bytes(text)); }

inline std::string hex(ConstBytes bytes) {
    std::string text(2 * bytes.size(), '\0');
    if (!hex_encode(bytes, text)) std::abort();
    return text;
}

// Two signers with the same name have the same key.
class TestSigner {
public:
    explicit TestSigner(std::string_view name = "first") {
        mbedtls_ecp_group_init(&group_);
        mbedtls_mpi_init(&scalar_);
        mbedtls_ecp_point point;
        mbedtls_ecp_point_init(&point);
        const auto seed = crypto::sha256(as_bytes(name));
        // Below the order of the group unless it begins with 32 one bits.
        check(mbedtls_ecp_group_load(&group_, MBEDTLS_ECP_DP_SECP256R1));
        check(mbedtls_mpi_read_binary(&scalar_, seed.data(), seed.size()));
        check(mbedtls_ecp_mul(&group_, &point, &scalar_, &group_.G, no_blinding, nullptr));
        check(mbedtls_mpi_write_binary(&point.X, key_.x.data(), key_.x.size()));
        check(mbedtls_mpi_write_binary(&point.Y, key_.y.data(), key_.y.size()));
        mbedtls_ecp_point_free(&point);
    }
    ~TestSigner() {
        mbedtls_mpi_free(&scalar_);
        mbedtls_ecp_group_free(&group_);
    }
    TestSigner(const TestSigner&) = delete;
    TestSigner& operator=(const TestSigner&) = delete;

    const crypto::P256PublicKey& public_key() const { return key_; }
    std::string public_text() const { return base64url(key_.x) + '.' + base64url(key_.y); }
    std::string jwk() const {
        return R"({"kty":"EC","crv":"P-256","x":")" + base64url(key_.x) + R"(","y":")" + base64url(key_.y) + R"("})";
    }
    std::string kid() const { return std::string(ota::key_id(key_).view()); }

    std::array<std::uint8_t, 64> sign(std::string_view message) {
        const auto digest = crypto::sha256(as_bytes(message));
        std::array<std::uint8_t, 64> signature{};
        mbedtls_mpi r;
        mbedtls_mpi s;
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
        check(mbedtls_ecdsa_sign_det_ext(&group_, &r, &s, &scalar_, digest.data(), digest.size(), MBEDTLS_MD_SHA256,
                                         no_blinding, nullptr));
        check(mbedtls_mpi_write_binary(&r, signature.data(), 32));
        check(mbedtls_mpi_write_binary(&s, signature.data() + 32, 32));
        mbedtls_mpi_free(&s);
        mbedtls_mpi_free(&r);
        return signature;
    }
    std::string header(std::string_view typ) const {
        return R"({"alg":"ES256","kid":")" + kid() + R"(","typ":")" + std::string(typ) + R"("})";
    }
    // A correctly signed JWS with any header.
    std::string sign_with_header(std::string_view header_json, std::string_view payload) {
        const std::string text = base64url(header_json) + '.' + base64url(payload);
        return text + '.' + base64url(sign(text));
    }
    std::string envelope(std::string_view typ, std::string_view payload) {
        return sign_with_header(header(typ), payload);
    }

private:
    static int no_blinding(void*, unsigned char* out, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(i + 1);
        return 0;
    }
    static void check(int code) {
        if (code != 0) std::abort();
    }

    mbedtls_ecp_group group_;
    mbedtls_mpi scalar_;
    crypto::P256PublicKey key_;
};

}  // namespace esb::test
