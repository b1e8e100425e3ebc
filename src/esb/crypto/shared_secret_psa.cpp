#include "esb/crypto/mbedtls_version.hpp"

#if ESB_MBEDTLS_PSA
#include "esb/crypto/mbedtls_psa.hpp"
#include "esb/crypto/shared_secret.hpp"

namespace esb::crypto {

// The number is of the chip's entropy and not of PSA's generator, as with the other versions. PSA refuses one that is
// not in [1, n-1]: of 2^32 tries one.
Result<P256KeyPair> make_key_pair(chip::Entropy& entropy) {
    constexpr int tries = 4;
    Coordinate secret{};
    psa::Key key;
    psa_status_t status = PSA_ERROR_INVALID_ARGUMENT;
    for (int i = 0; i < tries && status == PSA_ERROR_INVALID_ARGUMENT; ++i) {
        ESB_TRY(entropy.fill(secret));
        status = key.load(psa::p256_pair, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, secret);
    }
    psa::Point point{};
    std::size_t size = 0;
    if (status == PSA_SUCCESS) status = psa_export_public_key(key.id(), point.data(), point.size(), &size);
    P256KeyPair pair;
    if (status == PSA_SUCCESS) static_cast<void>(pair.secret.assign(secret));
    wipe(secret);
    if (status != PSA_SUCCESS) {
        return fail(status == PSA_ERROR_INVALID_ARGUMENT ? errors::no_entropy : errors::no_memory);
    }
    copy(ConstBytes(point).subspan(1, pair.open.x.size()), pair.open.x);
    copy(ConstBytes(point).last(pair.open.y.size()), pair.open.y);
    return pair;
}

// PSA blinds with numbers of its own.
Status compute_shared_secret(const P256PrivateKey& ours, const P256PublicKey& theirs, chip::Entropy&, Coordinate& out) {
    psa::Key key;
    const auto point = psa::encode(theirs);
    std::size_t size = 0;
    auto status = key.load(psa::p256_pair, PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, ours.reveal());
    if (status == PSA_SUCCESS) {
        status = psa_raw_key_agreement(PSA_ALG_ECDH, key.id(), point.data(), point.size(), out.data(), out.size(), &size);
    }
    if (status == PSA_SUCCESS) return {};
    return fail(status == PSA_ERROR_INSUFFICIENT_ENTROPY ? errors::no_entropy : errors::no_memory);
}

}  // namespace esb::crypto
#endif
