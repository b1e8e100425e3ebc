#include "esb/crypto/hmac.hpp"

#include "esb/base/secret.hpp"

#include <array>

namespace esb::crypto {

Digest hmac_sha256(ConstBytes key, ConstBytes message) {
    std::array<std::uint8_t, 64> block{};
    copy(key, block);
    for (auto& byte : block) byte ^= 0x36;
    Sha256 hash;
    hash.update(block);
    hash.update(message);
    const auto inner = hash.finish();
    for (auto& byte : block) byte ^= 0x36 ^ 0x5C;
    hash.update(block);
    hash.update(inner);
    wipe(block);
    return hash.finish();
}

}  // namespace esb::crypto
