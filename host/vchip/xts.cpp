#include "host/vchip/xts.hpp"

#include "esb/crypto/errors.hpp"
#include "esb/crypto/library.hpp"

#include <utility>

namespace esb::vchip {

namespace {

constexpr std::size_t block_size = 16;
using Block = Xts::Tweak;

// §5.2: times x in GF(2^128).
Block doubled(Block tweak) {
    std::uint8_t carry = 0;
    for (auto& byte : tweak) {
        const auto high = static_cast<std::uint8_t>(byte >> 7);
        byte = static_cast<std::uint8_t>(byte << 1 | carry);
        carry = high;
    }
    if (carry != 0) tweak[0] ^= 0x87;
    return tweak;
}

void add(Block& to, const Block& other) {
    for (std::size_t i = 0; i < block_size; ++i) to[i] ^= other[i];
}

}  // namespace

struct Xts::Keys {
    crypto::library::Aes encrypting;
    crypto::library::Aes decrypting;
    crypto::library::Aes of_tweaks;

    Status crypt(bool encrypts, const Block& tweak, MutBytes at) {
        Block block{};
        copy(at.first(block_size), block);
        add(block, tweak);
        if ((encrypts ? encrypting.encrypt(block) : decrypting.decrypt(block)) != 0) return fail(errors::no_memory);
        add(block, tweak);
        copy(block, at);
        return {};
    }
};

Xts::Xts(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
Xts::Xts(Xts&&) noexcept = default;
Xts& Xts::operator=(Xts&&) noexcept = default;
Xts::~Xts() = default;

Result<Xts> Xts::make(std::span<const std::uint8_t, 64> keys) {
    auto made = std::make_unique<Keys>();
    if (made->encrypting.encrypt_with(keys.first<32>()) != 0 || made->decrypting.decrypt_with(keys.first<32>()) != 0 ||
        made->of_tweaks.encrypt_with(keys.last<32>()) != 0) {
        return fail(errors::no_memory);
    }
    return Xts(std::move(made));
}

// §5.3.2 and §5.4.2: whole blocks in order; of the last two, if the unit ends within one, the latter takes bytes of the former.
Status Xts::crypt(bool encrypts, Tweak tweak, MutBytes unit) const {
    if (unit.size() < block_size) return fail(errors::too_short);
    const std::size_t rest = unit.size() % block_size;
    if (keys_->of_tweaks.encrypt(tweak) != 0) return fail(errors::no_memory);
    for (; unit.size() >= 2 * block_size || unit.size() == block_size; unit = unit.subspan(block_size)) {
        ESB_TRY(keys_->crypt(encrypts, tweak, unit));
        tweak = doubled(tweak);
    }
    if (rest == 0) return {};
    const Block later = doubled(tweak);
    ESB_TRY(keys_->crypt(encrypts, encrypts ? tweak : later, unit));
    for (std::size_t i = 0; i < rest; ++i) std::swap(unit[i], unit[block_size + i]);
    return keys_->crypt(encrypts, encrypts ? later : tweak, unit);
}

}  // namespace esb::vchip
