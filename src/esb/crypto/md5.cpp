// MD5 by Mbed TLS: 2.28 (Debian) and 3.x (ESP-IDF).
#include "esb/crypto/crypto.hpp"

#include <mbedtls/md5.h>
#include <mbedtls/version.h>

#include <new>

namespace esb::crypto {
namespace {

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
void md5_starts(mbedtls_md5_context& state) { static_cast<void>(mbedtls_md5_starts(&state)); }
void md5_update(mbedtls_md5_context& state, ConstBytes bytes) {
    static_cast<void>(mbedtls_md5_update(&state, bytes.data(), bytes.size()));
}
void md5_finish(mbedtls_md5_context& state, Md5Digest& out) {
    static_cast<void>(mbedtls_md5_finish(&state, out.data()));
}
#else
void md5_starts(mbedtls_md5_context& state) { static_cast<void>(mbedtls_md5_starts_ret(&state)); }
void md5_update(mbedtls_md5_context& state, ConstBytes bytes) {
    static_cast<void>(mbedtls_md5_update_ret(&state, bytes.data(), bytes.size()));
}
void md5_finish(mbedtls_md5_context& state, Md5Digest& out) {
    static_cast<void>(mbedtls_md5_finish_ret(&state, out.data()));
}
#endif

mbedtls_md5_context& md5_in(std::uint8_t* state) {
    return *std::launder(reinterpret_cast<mbedtls_md5_context*>(state));
}
const mbedtls_md5_context& md5_in(const std::uint8_t* state) {
    return *std::launder(reinterpret_cast<const mbedtls_md5_context*>(state));
}

}  // namespace

Md5::Md5() {
    static_assert(sizeof(mbedtls_md5_context) <= state_size);
    static_assert(alignof(mbedtls_md5_context) <= alignof(std::max_align_t));
    auto* const context = new (state_) mbedtls_md5_context;
    mbedtls_md5_init(context);
    md5_starts(*context);
}

Md5::~Md5() { mbedtls_md5_free(&md5_in(state_)); }

Md5::Md5(const Md5& other) {
    auto* const context = new (state_) mbedtls_md5_context;
    mbedtls_md5_init(context);
    mbedtls_md5_clone(context, &md5_in(other.state_));
}

Md5& Md5::operator=(const Md5& other) {
    if (this != &other) mbedtls_md5_clone(&md5_in(state_), &md5_in(other.state_));
    return *this;
}

void Md5::update(ConstBytes bytes) {
    if (!bytes.empty()) md5_update(md5_in(state_), bytes);
}

Md5Digest Md5::finish() {
    Md5Digest digest{};
    md5_finish(md5_in(state_), digest);
    md5_starts(md5_in(state_));
    return digest;
}

}  // namespace esb::crypto
