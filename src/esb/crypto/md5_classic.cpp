// MD5 by Mbed TLS 2.28 and 3.x; md5_psa.cpp has it for 4.
#include "esb/crypto/mbedtls_version.hpp"

#if !ESB_MBEDTLS_PSA
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/mbedtls_classic.hpp"

#include <new>

namespace esb::crypto {
namespace {

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
    classic::md5_starts(*context);
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
    if (!bytes.empty()) classic::md5_update(md5_in(state_), bytes);
}

Md5Digest Md5::finish() {
    Md5Digest digest{};
    classic::md5_finish(md5_in(state_), digest);
    classic::md5_starts(md5_in(state_));
    return digest;
}

}  // namespace esb::crypto
#endif
