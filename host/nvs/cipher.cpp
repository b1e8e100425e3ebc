#include "host/nvs/cipher.hpp"

#include "host/nvs/errors.hpp"
#include "host/nvs/format.hpp"

namespace esb::nvs {

namespace {

vchip::Xts::Tweak tweak_of(std::size_t address) {
    vchip::Xts::Tweak tweak{};
    for (std::size_t i = 0; i < sizeof address; ++i) tweak[i] = static_cast<std::uint8_t>(address >> 8 * i);
    return tweak;
}

// Each entry is a data unit of its own.
template <typename Crypt>
Status each_entry(std::size_t address, MutBytes bytes, const Crypt& crypt) {
    for (; !bytes.empty(); bytes = bytes.subspan(entry_size), address += entry_size) {
        if (bytes.size() < entry_size || !crypt(tweak_of(address), bytes.first(entry_size))) return fail(errors::nvs_cipher);
    }
    return {};
}

}  // namespace

Result<Cipher> Cipher::make(const Keys& keys) {
    auto xts = vchip::Xts::make(std::span<const std::uint8_t, keys_size>(keys));
    if (!xts) return fail(errors::nvs_cipher);
    return Cipher(std::move(*xts));
}

Status Cipher::encrypt(std::size_t address, MutBytes bytes) const {
    return each_entry(address, bytes, [this](const vchip::Xts::Tweak& tweak, MutBytes unit) { return xts_.encrypt(tweak, unit); });
}

Status Cipher::decrypt(std::size_t address, MutBytes bytes) const {
    return each_entry(address, bytes, [this](const vchip::Xts::Tweak& tweak, MutBytes unit) { return xts_.decrypt(tweak, unit); });
}

}  // namespace esb::nvs
