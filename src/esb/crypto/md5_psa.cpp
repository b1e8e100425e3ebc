#include "esb/crypto/mbedtls_version.hpp"

#if ESB_MBEDTLS_PSA
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/hash_psa.hpp"
#include "esb/crypto/mbedtls_psa.hpp"

namespace esb::crypto {
namespace {

using Md5Operation = psa::Hash<PSA_ALG_MD5, std::tuple_size_v<Md5Digest>>;

}  // namespace

Md5::Md5() {
    static_assert(sizeof(psa_hash_operation_t) <= state_size);
    static_assert(alignof(psa_hash_operation_t) <= alignof(std::max_align_t));
    static_cast<void>(psa::start());
    Md5Operation::make(state_);
}

Md5::~Md5() { Md5Operation::drop(state_); }

Md5::Md5(const Md5& other) { Md5Operation::clone(state_, other.state_); }

Md5& Md5::operator=(const Md5& other) {
    if (this == &other) return *this;
    Md5Operation::drop(state_);
    Md5Operation::clone(state_, other.state_);
    return *this;
}

void Md5::update(ConstBytes bytes) {
    if (!bytes.empty()) Md5Operation::update(state_, bytes);
}

Md5Digest Md5::finish() { return Md5Operation::finish(state_); }

}  // namespace esb::crypto
#endif
