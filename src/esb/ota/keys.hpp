// The keys that may sign for this device, and how they are named.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/ota/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::ota {

// First 8 hex digits of the RFC 7638 thumbprint.
using KeyId = FixedString<8>;

struct TrustedKey {
    KeyId kid;
    crypto::P256PublicKey key;
};

// The SHA-256 thumbprint of a P-256 key (RFC 7638 §3).
crypto::Digest thumbprint(const crypto::P256PublicKey& key);
KeyId key_id(const crypto::P256PublicKey& key);
// "x.y", both base64url without padding; key_malformed, bad_key.
Result<TrustedKey> parse_key(std::string_view text);

inline constexpr std::size_t max_keys = 8;

class Keyring {
public:
    // `full`; a key that is there already counts once.
    Status add(const TrustedKey& key);
    void clear() { keys_.clear(); }
    const TrustedKey* find(std::string_view kid) const;
    std::size_t size() const { return keys_.size(); }
    const FixedVector<TrustedKey, max_keys>& keys() const { return keys_; }

private:
    FixedVector<TrustedKey, max_keys> keys_;
};

}  // namespace esb::ota
