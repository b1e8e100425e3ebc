// A shared key of two P-256 key pairs: ECDH with the Concat KDF of RFC 7518 §4.6.
#pragma once

#include "esb/crypto/crypto.hpp"

#include <string_view>

namespace esb::crypto {

using P256PrivateKey = Secret<32>;

struct P256KeyPair {
    P256PrivateKey secret;
    P256PublicKey open;
};

// Who has the device's own pair.
class KeyPairHolder {
public:
    virtual ~KeyPairHolder() = default;
    // Null while there is none.
    virtual const P256KeyPair* pair() const = 0;
};

// no_entropy, no_memory.
Result<P256KeyPair> make_key_pair(chip::Entropy& entropy);

// What RFC 7518 §4.6.2 calls OtherInfo: the algorithm's name and who takes part.
struct KeyInfo {
    std::string_view algorithm;
    ConstBytes party_u = {};
    ConstBytes party_v = {};
};

// The key that both sides can compute, 1 to 32 bytes (one round of the KDF). bad_key unless `theirs` lies on the curve;
// no_entropy (it blinds the computation), no_memory, too_long.
Status agree_on_key(const P256PrivateKey& ours, const P256PublicKey& theirs, const KeyInfo& info,
                    chip::Entropy& entropy, MutBytes out);

}  // namespace esb::crypto
